import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";

/**
 * A query builder over one store's own tables. It only builds: give the result to `Reader.all`, `Reader.get` or `Tx.run`.
 * A store names only its own tables in `T`, so that a join into another capability's tables does not compile.
 * Adapters take the `?` placeholders it writes and translate them.
 */
export function queries<T>(): Kysely<T> {
  return new Kysely<T>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}
