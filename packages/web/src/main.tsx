import "#kit/tokens/base.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { createCache } from "#kit/data/cache.js";
import { foreignPath } from "#routes/foreign-links.js";
import { createPages } from "#routes/router.jsx";

const mapped = foreignPath(globalThis.location.hash);
if (mapped !== undefined) globalThis.history.replaceState(null, "", mapped);

const place = document.getElementById("root");
if (place !== null) {
  createRoot(place).render(
    <QueryClientProvider client={createCache()}>
      <RouterProvider router={createPages()} />
    </QueryClientProvider>,
  );
}
