import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { operations } from "./build/operations.js";
import { seal } from "./build/seal.js";

const src = fileURLToPath(new URL("./src/", import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [operations(), react(), seal()],
  resolve: { conditions: ["source"], alias: [{ find: /^#(.*)\.jsx?$/, replacement: `${src}$1` }] },
  css: { modules: { localsConvention: "camelCaseOnly" } },
  build: {
    outDir: "dist",
    target: "es2023",
    manifest: true,
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
