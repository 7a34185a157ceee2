export type Outcome<Value> = { ok: true; value: Value } | { ok: false; error: unknown };

/** A promise as a value to look at: n8n's lint rules forbid rethrowing own errors from a catch block. */
export async function settle<Value>(work: Promise<Value>): Promise<Outcome<Value>> {
	return await work.then(
		(value): Outcome<Value> => ({ ok: true, value }),
		(error: unknown): Outcome<Value> => ({ ok: false, error }),
	);
}
