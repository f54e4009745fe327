import { type RefObject, useEffect, useState } from "react";
import { resolveColour } from "#kit/charts/series.js";

/** Draws on a canvas at the screen's own resolution, again when the size, the theme or what is drawn changes. */
export function useCanvas(
  canvas: RefObject<HTMLCanvasElement | null>,
  width: number,
  height: number,
  draw: (pen: CanvasRenderingContext2D, colour: (token: string) => string) => void,
  what: readonly unknown[],
): void {
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const again = () => setTheme((before) => before + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    globalThis.addEventListener("paydown-theme", again);
    system.addEventListener("change", again);
    return () => {
      globalThis.removeEventListener("paydown-theme", again);
      system.removeEventListener("change", again);
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is named by the caller
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext("2d");
    if (element == null || pen == null || width === 0) return;
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    element.width = width * ratio;
    element.height = height * ratio;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    draw(pen, (token) => resolveColour(token, element.parentElement ?? document.body));
  }, [width, height, theme, ...what]);
}
