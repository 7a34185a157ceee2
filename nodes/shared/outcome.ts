/** The result of a promise as a value. */
export type Outcome<Value> = { ok: true; value: Value } | { ok: false; error: unknown };

/** Turns a promise into its outcome and never rejects: n8n's lint rules forbid rethrowing own errors from a catch block. */
export async function outcomeOf<Value>(work: Promise<Value>): Promise<Outcome<Value>> {
	return await work.then(
		(value): Outcome<Value> => ({ ok: true, value }),
		(error: unknown): Outcome<Value> => ({ ok: false, error }),
	);
}
