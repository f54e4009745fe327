import { defineErrors } from "#base/errors.js";

export const servingErrors = defineErrors({
  SERVING_DEPLOYMENT_NOT_FOUND: {
    status: 404,
    message: "No deployment is called {name}.",
    next: "List the deployments with `paydown deployments list`; create one with `paydown deployments create`.",
  },
  SERVING_DEPLOYMENT_EXISTS: {
    status: 409,
    message: "A deployment called {name} exists already.",
    next: "Switch it with `paydown deployments update`, or choose another name.",
  },
  SERVING_DEPLOYMENT_RETIRED: {
    status: 404,
    message: "The deployment {name} was retired.",
    next: "Call another one, or bring it back with `paydown deployments update <name> --version <number>`; its log was kept.",
  },
  SERVING_VERSION_NOT_FOUND: {
    status: 404,
    message: "Model {model} has no version {version}.",
    next: "Show the model with `paydown models show`.",
  },
  SERVING_VERSION_NOT_DEPLOYED: {
    status: 404,
    message: "Version {version} was never deployed as {name}.",
    next: "Leave the version out to reach the one being served, or switch the deployment to it first.",
  },
  SERVING_VERSION_OR_ALIAS: {
    status: 400,
    message: "Say which version to serve: give either a version or an alias, not {given}.",
    next: "Add `--version <number>` or `--alias <name>`.",
  },
  SERVING_MODEL_NOT_ONNX: {
    status: 422,
    message: "{what} is not an ONNX model that can be served: {problem}.",
    next: "Log the model with an ONNX flavour (for scikit-learn: skl2onnx with zipmap off) and register that version.",
  },
  SERVING_MODEL_REFUSED: {
    status: 422,
    message: "The model was not loaded: {problem}.",
    next: "Export it again without that; models are checked before the engine sees them.",
  },
  SERVING_MODEL_CORRUPT: {
    status: 500,
    message: "The stored model file {hash} has another content than its hash says.",
    next: "Bring the object back from a backup, or register the model again.",
  },
  SERVING_ENGINE_REFUSED: {
    status: 422,
    message: "The engine refused the model: {problem}.",
    next: "Check the model with onnxruntime where it was made; update the opset or operators it names.",
  },
  SERVING_ENGINE_FAILED: {
    status: 422,
    message: "The engine failed on this input: {problem}.",
    next: "Check the values against what the model was trained on.",
  },
  SERVING_ENGINE_CRASHED: {
    status: 503,
    message: "The worker that ran the model ended: {problem}. A fresh one has taken its place.",
    next: "Send the request again; if it happens again the model or this input is at fault.",
  },
  SERVING_ENGINE_TIMEOUT: {
    status: 504,
    message: "The model did not answer within {timeoutMs} ms; its worker was replaced.",
    next: "Send fewer rows, or raise `limits.timeoutMs` of the deployment.",
  },
  SERVING_ENGINE_STUCK: {
    status: 503,
    message: "{stuck} workers of this model hang; no more are started until one of them ends.",
    next: "Switch the deployment to another version, or restart the server.",
  },
  SERVING_OVERLOADED: {
    status: 429,
    message: "{inFlight} requests of {name} are waiting or running, and that is its limit.",
    next: "Send the request again a little later, or raise `limits.requestsInFlight` of the deployment.",
  },
  SERVING_REQUEST_INVALID: {
    status: 400,
    message: "{problem}.",
    next: "Compare the request with the model's metadata at `/v2/models/<name>`.",
  },
  SERVING_REQUEST_TOO_LARGE: {
    status: 413,
    message: "The request has {size} {unit}; at most {limit} are taken.",
    next: "Split it into several requests, or raise `limits` of the deployment.",
  },
  SERVING_CONTRACT_VIOLATED: {
    status: 422,
    message: "{count} values are outside the contract of {name}, first {column} = {value} in row {row} ({promise}).",
    next: "Correct the values, or agree on a wider contract with the owner of the deployment.",
  },
  SERVING_EVENT_TIME_REFUSED: {
    status: 403,
    message: "{consumer} may not say when a prediction happened in project {project}.",
    next: "Leave out the parameter `event_time`, or use a token that may write in the project.",
  },
  SERVING_PREDICTION_NOT_FOUND: {
    status: 404,
    message: "No logged prediction is called {requestId}/{row}.",
    next: "Use the `prediction_id` of the answer; predictions older than the deployment's retention are gone.",
  },
  SERVING_TOO_MANY_WINDOWS: {
    status: 400,
    message: "The range holds {windows} windows of one {window}; at most {limit} are answered.",
    next: "Ask for a shorter range or longer windows.",
  },
  SERVING_LOG_UNREADABLE: {
    status: 500,
    message: "A logged prediction cannot be read: its format is unknown to this version.",
    next: "Start the newer version that wrote it.",
  },
});
