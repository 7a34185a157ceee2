/** The simulated accounts of both regions. */
export interface ArkOptions {
	/**
	 * The rights to the asset library, which limit new assets a minute and all that there are: `entry` 3 and 50 (and 50 groups),
	 * `advanced` 120 and a million (default), `premium` 300 and five million. China, whose numbers nobody knows, has none.
	 */
	assetRights?: AssetRights;
	/** Whether the documented requests a second and a minute are enforced. Default `documented`. */
	rates?: 'documented' | 'none';
	/** How many tasks of a model run at once; the others stay queued. Documented are 10 and 3. Default: all. */
	maxRunningTasks?: number;
	/** Whether callbacks tell of every status, as documented (default), or of the end alone, for tests that count calls. */
	callbackStatuses?: 'every' | 'final';
}

export type AssetRights = 'entry' | 'advanced' | 'premium';
