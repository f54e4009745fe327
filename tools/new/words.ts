/** `feature-view` as `featureView`. */
export function camel(kebab: string): string {
  return kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `feature-view` as `FeatureView`. */
export function pascal(kebab: string): string {
  const name = camel(kebab);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** `feature-view` as `Feature view`. */
export function title(kebab: string): string {
  const words = kebab.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `freezeDataset` as `freeze-dataset`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
