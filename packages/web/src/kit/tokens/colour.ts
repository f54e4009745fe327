/** Colour arithmetic for the tests of tokens and palettes: contrast, OKLab distance, simulated colour vision. */

export type Rgb = readonly [number, number, number];
export type Vision = "normal" | "protan" | "deutan" | "tritan";

/** Machado, Oliveira, Fernandes 2009, severity 1, on linear RGB. */
const SIMULATION: Record<Exclude<Vision, "normal">, readonly (readonly [number, number, number])[]> = {
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** `#rrggbb` as linear light, each channel 0 to 1. */
function linear(hex: string): Rgb {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/** WCAG contrast ratio, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Euclidean distance in OKLab, times 100, as the named colour vision sees it. */
export function distance(a: string, b: string, vision: Vision = "normal"): number {
  const [x, y] = [oklab(see(linear(a), vision)), oklab(see(linear(b), vision))];
  return 100 * Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

function luminance(hex: string): number {
  const [r, g, b] = linear(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function see(rgb: Rgb, vision: Vision): Rgb {
  if (vision === "normal") return rgb;
  const row = (at: number) => {
    const [r, g, b] = SIMULATION[vision][at] ?? [0, 0, 0];
    return Math.min(1, Math.max(0, r * rgb[0] + g * rgb[1] + b * rgb[2]));
  };
  return [row(0), row(1), row(2)];
}

function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
