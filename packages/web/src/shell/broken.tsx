import type { ErrorComponentProps } from "@tanstack/react-router";
import { Page } from "#kit/page/page.jsx";
import { Failure } from "#kit/states/failure.jsx";

export function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="This page failed">
      <Failure error={error} what="The page" retry={reset} />
    </Page>
  );
}
