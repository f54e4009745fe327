import { computeContract } from "./compute.contract.js";
import { openLocal } from "./local.js";

computeContract("This machine", async () => openLocal({ environment: { ...process.env, SECRET_OF_THE_SERVER: "x" } }));
