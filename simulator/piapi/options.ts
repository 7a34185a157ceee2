/** The account behind both keys of PiAPI. */
export interface PiapiOptions {
	/** Default hobbyist. */
	plan?: PiapiPlan;
	/** What is in the wallet at the start; 10,000,000 points are a dollar. Default 10,000,000,000. */
	points?: number;
	/**
	 * Sources disagree on what a second of a less-restriction type costs: as much as of its twin, as in the example of the
	 * document "Private Asset Library" (default), or a tenth more, as on the price pages.
	 */
	lessRestrictionPrice?: 'same' | 'surcharge';
	/** Sources disagree on what a second of a reference video costs: as much as one of the output (default), or half of it. */
	referenceVideoPrice?: 'full' | 'half';
	/** How many tasks may be under way. Default 20; real plans begin at 2. */
	maxTasks?: number;
	/** Clients disagree on the answer of the upload host: `{code,data:{url}}` (default) or `{url}`. */
	uploadAnswer?: 'wrapped' | 'plain';
	/**
	 * Versions of the page "Unified Webhook" disagree on what is told: the end of a task (default), or
	 * its creation and its start too.
	 */
	webhookStatuses?: 'final' | 'every';
	/** Whether the history has a task from the start (default), or once it has ended, which no source tells. */
	history?: 'all' | 'ended';
	/** After how many seconds the history has a task. Default 0. */
	historyLagSeconds?: number;
}

export type PiapiPlan = 'free' | 'hobbyist' | 'developer' | 'premium' | 'enterprise';
