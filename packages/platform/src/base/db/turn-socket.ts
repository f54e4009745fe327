import { Socket } from "node:net";

/**
 * A socket that sends what is written within one turn of the event loop together. Statements that do not wait for each other are
 * then one call of the system and one wake-up of the database, which is more than half of what a small one costs this process.
 */
export class TurnSocket extends Socket {
  private isHeld = false;

  override write(...given: unknown[]): boolean {
    if (!this.isHeld) {
      this.isHeld = true;
      this.cork();
      process.nextTick(() => {
        this.isHeld = false;
        this.uncork();
      });
    }
    return super.write(...(given as Parameters<Socket["write"]>));
  }
}
