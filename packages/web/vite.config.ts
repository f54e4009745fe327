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
  // Unit tests read the packages beside this one from source, built or not.
  ssr: { resolve: { conditions: ["source"] } },
  css: { modules: { localsConvention: "camelCaseOnly" } },
  build: {
    outDir: "dist",
    target: "es2023",
    manifest: true,
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: "frame",
              test: /node_modules[\\/](react|react-dom|scheduler|@tanstack[\\/](react-router|router-core|history|react-store|store|react-query|query-core))[\\/]/,
              priority: 30,
            },
            {
              name: "kit",
              test: /(src[\\/](kit|routes)[\\/](?!charts[\\/]uplot|graph|controls[\\/]filter-bar)|node_modules[\\/](lucide-react|@tanstack[\\/](react-virtual|virtual-core))|packages[\\/]api[\\/])/,
              priority: 20,
            },
            { name: "combobox", test: /node_modules[\\/]@ariakit/, priority: 20 },
          ],
        },
      },
    },
  },
});
