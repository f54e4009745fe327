export type Theme = "system" | "light" | "dark";

const KEY = "paydown.theme";

export function currentTheme(): Theme {
  const set = globalThis.localStorage.getItem(KEY);
  return set === "light" || set === "dark" ? set : "system";
}

/** Sets the theme now and for the next visit; drawings that resolved colours listen to `paydown-theme`. */
export function setTheme(theme: Theme): void {
  if (theme === "system") {
    globalThis.localStorage.removeItem(KEY);
    document.documentElement.dataset.theme = theme;
  } else {
    globalThis.localStorage.setItem(KEY, theme);
    document.documentElement.dataset.theme = theme;
  }
  globalThis.dispatchEvent(new Event("paydown-theme"));
}

export function nextTheme(theme: Theme): Theme {
  return theme === "system" ? "light" : theme === "light" ? "dark" : "system";
}
