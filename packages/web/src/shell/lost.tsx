import { ButtonLink } from "#kit/controls/button.jsx";
import { Page } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { paths } from "#routes/paths.js";

export function Lost() {
  return (
    <Page title="No such page">
      <Empty
        title="Nothing lives at this address"
        action={<ButtonLink to={paths.portfolio()}>All projects</ButtonLink>}
      >
        The address may be mistyped, or come from a newer version. Ctrl K finds anything by id, name or commit.
      </Empty>
    </Page>
  );
}
