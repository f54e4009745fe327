/**
 * Greatest id an imported experiment gets as its own number: this server counts on from the greatest there is. MLflow's
 * file store numbers experiments with 18 random digits, which no JavaScript number holds; such an id is kept as text, the
 * row's own number is negative, and clients see the text.
 */
export const greatestOwnId = 1_000_000_000;

/** Whether clients may know an experiment by this text although its row has another number. */
export function mayBeOuter(text: string): boolean {
  return /^\d{10,20}$/.test(text) && Number(text) > greatestOwnId;
}
