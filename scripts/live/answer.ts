/** One call with its answer, free of secrets and of what is private. */
export interface Answer {
	/** The member of the adapter, e.g. `videoTasks.get`. */
	call: string;
	/** What kind of answer it is: the status of a task or asset, `unknown ID`, or nothing. */
	state?: string;
	input: unknown;
	method: string;
	path: string;
	query?: unknown;
	requestBody?: unknown;
	/** Undefined where no answer came. */
	statusCode?: number;
	headers: Readonly<Record<string, string>>;
	body?: unknown;
	/** What the adapter could not make of it. */
	problem?: string;
}
