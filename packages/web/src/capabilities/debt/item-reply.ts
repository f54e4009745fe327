import type { getItem } from "@paydown/api/debt";
import type { Reply } from "@paydown/api/operation";

export type ItemReply = Reply<typeof getItem>;
