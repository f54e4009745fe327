import { demandManage, findLevel, giveLevel, viewNumberedUser, withdrawLevel } from "#capabilities/accounts/index.js";
import { type Call, endpoint } from "../endpoint.js";
import { mlflowErrors } from "../errors.js";
import { required, string } from "../fields.js";
import { enumLevel } from "../levels.js";

/** The two families of 2.22 and 3.11, alike but for what they are about. */
interface Family {
  readonly path: "experiments" | "registered-models";
  readonly type: "experiment" | "registered_model";
  /** Field that names the resource, and of the answer. */
  readonly key: "experiment_id" | "name";
  readonly answer: "experiment_permission" | "registered_model_permission";
  /** How the stock server begins a refusal. */
  readonly title: string;
}

const families: readonly Family[] = [
  {
    path: "experiments",
    type: "experiment",
    key: "experiment_id",
    answer: "experiment_permission",
    title: "Experiment permission",
  },
  {
    path: "registered-models",
    type: "registered_model",
    key: "name",
    answer: "registered_model_permission",
    title: "Registered model permission",
  },
];

type Input = Readonly<Record<string, string>>;
const self = { needs: "self" } as const;

function endpointsOf({ path, type, key, answer, title }: Family) {
  const who = { [key]: required(string), username: required(string) };
  const grantOf = ({ project }: Call, input: Input) => ({
    project,
    type,
    resource: input[key] as string,
    user: input.username as string,
  });
  const existing = (input: Input) => `${title} (${key}=${input[key]}, username=${input.username})`;
  const absent = (input: Input) => `${title} with ${key}=${input[key]} and username=${input.username}`;
  async function shown(call: Call, input: Input, permission: string) {
    const { id } = await viewNumberedUser(call.ctx, input.username as string);
    const workspace = type === "registered_model" ? { workspace: call.project } : {};
    return { [answer]: { ...workspace, [key]: input[key], user_id: id, permission } };
  }

  return [
    endpoint(
      `POST /${path}/permissions/create`,
      { ...who, permission: required(string) },
      async (call, given) => {
        const input = given as Input;
        const level = enumLevel(input.permission as string);
        await giveLevel(call.ctx, grantOf(call, input), level, { be: "new", what: existing(input) });
        return shown(call, input, level);
      },
      self,
    ),
    endpoint(
      `GET /${path}/permissions/get`,
      who,
      async (call, given) => {
        const input = given as Input;
        await demandManage(call.ctx, call.project, type, input[key] as string);
        await viewNumberedUser(call.ctx, input.username as string);
        const level = await findLevel(call.ctx, grantOf(call, input));
        if (level === undefined) throw mlflowErrors.MLFLOW_NOT_FOUND({ what: absent(input) });
        return shown(call, input, level);
      },
      self,
    ),
    endpoint(
      `PATCH /${path}/permissions/update`,
      { ...who, permission: required(string) },
      async (call, given) => {
        const input = given as Input;
        const level = enumLevel(input.permission as string);
        await giveLevel(call.ctx, grantOf(call, input), level, { be: "there", what: absent(input) });
        return {};
      },
      self,
    ),
    endpoint(
      `DELETE /${path}/permissions/delete`,
      who,
      async (call, given) => {
        const input = given as Input;
        await demandManage(call.ctx, call.project, type, input[key] as string);
        await viewNumberedUser(call.ctx, input.username as string);
        if (await withdrawLevel(call.ctx, grantOf(call, input))) return {};
        throw mlflowErrors.MLFLOW_NOT_FOUND({ what: absent(input) });
      },
      self,
    ),
  ];
}

export const permissionEndpoints = families.flatMap(endpointsOf);
