/**
 * What the documents of the providers leave open, and where an answer would show it. A run of the live check
 * answers what it sees; the rest stays open.
 */
export interface OpenQuestion {
	question: string;
	/** Calls of the adapter whose answers show it. */
	call: RegExp;
	/** The JSON path, e.g. `Items[].Status`; without it and a header, the HTTP status counts. */
	path?: RegExp;
	/** A header instead. */
	header?: RegExp;
	/** Refusals show it, and not the good answers. */
	isAboutRefusals?: true;
	/** Whether the value matters, not the path alone. */
	showsValue?: true;
}

const rateLimits: OpenQuestion = {
	question: 'Which rate limits are there?',
	call: /./,
	header: /rate-?limit|retry-after/,
	showsValue: true,
};

const gateway: OpenQuestion[] = [
	{ question: 'What is the status of a new task?', call: /^videoTasks\.create$/, path: /^status$/, showsValue: true },
	{ question: 'Which fields has a group?', call: /^assetGroups\.list$/, path: /^Items\[\]\.\w+$/ },
	{ question: 'Which statuses has an asset?', call: /^assets\.(get|list)$/, path: /^(Items\[\]\.)?Status$/, showsValue: true },
	{ question: 'Is return_last_frame heard, and where is the frame?', call: /^videoTasks\.get$/, path: /last_frame/ },
	{ question: 'Does a task tell whether it is a draft?', call: /^videoTasks\.get$/, path: /^data\.data\.draft$/, showsValue: true },
	{ question: 'Which settings of Seedance 2.5 does a task repeat?', call: /^videoTasks\.get$/, path: /^data\.data\.(output_format|priority|service_tier|safety_identifier|execution_expires_after|draft_task_id)$/, showsValue: true },
	{ question: 'How many pixels and tokens has a video?', call: /^videoTasks\.get$/, path: /^data\.data\.(resolution|super_resolution|usage\.\w+)$/, showsValue: true },
	{ question: 'Is seed heard?', call: /^videoTasks\.get$/, path: /^data\.data\.seed$/, showsValue: true },
	{ question: 'How long does the link to a video live?', call: /^videoTasks\.get$/, path: /^data\.result_url$/, showsValue: true },
	rateLimits,
];

/** By the ID of the provider. */
export const openQuestions: Readonly<Record<string, readonly OpenQuestion[]>> = {
	anyfast: [
		...gateway,
		{ question: 'What answers an update or a deletion of a group, and an update of an asset?', call: /^(assetGroups\.(update|delete)|assets\.update)$/, path: /^\w+$/ },
	],
	alad: gateway,
	piapi: [
		{ question: 'Which shape has a refusal of the asset endpoints?', call: /^assets\.get$/, path: /(^|\.)(message|error|code)$/, isAboutRefusals: true },
		{ question: 'Does reading a task come with a code?', call: /^videoTasks\.get$/, path: /^(code|timestamp)$/ },
		{ question: 'What does the output of a task hold besides the video, a last frame for example?', call: /^videoTasks\.get$/, path: /^data\.output\.\w+$/ },
		{ question: 'Which input does a task echo, a seed or a draft for example?', call: /^videoTasks\.get$/, path: /^data\.input\.\w+$/ },
		{ question: 'Which fields has a row of the history, an input for example?', call: /^videoTasks\.list$/, path: /^data\.data\[\]\.(\w+|detail\.\w+)$/ },
		{ question: 'Does the history have a task that has not ended?', call: /^videoTasks\.list$/, path: /^data\.data\[\]\.status$/, showsValue: true },
		{ question: 'Where is the URL of an upload?', call: /^uploads\.create$/, path: /(^|\.)url$/ },
		{ question: 'What answers a deletion?', call: /^assets\.delete$/ },
		rateLimits,
	],
	apiframe: [
		{ question: 'Which input does a job repeat?', call: /^videoTasks\.(get|list)$/, path: /^(jobs\[\]\.)?input\.(\w+|seedanceParams\.\w+)$/ },
		{ question: 'What does a result hold, and under which name the last frame?', call: /^videoTasks\.(get|list)$/, path: /^(jobs\[\]\.)?result(\.\w+)?$/ },
		{ question: 'Which fields has an asset?', call: /^assets\.get$/, path: /^\w+$/ },
		{ question: 'Which statuses has an asset?', call: /^assets\.get$/, path: /^status$/, showsValue: true },
		rateLimits,
	],
};

/** Words for a status that the documents or clients name; any other counts as running or processing. */
export interface KnownWords {
	call: RegExp;
	path: RegExp;
	words: readonly string[];
}

const assetWords = ['Processing', 'Active', 'Failed'];
const gatewayWords: KnownWords[] = [
	{
		call: /^videoTasks\.get$/,
		path: /^data\.status$/,
		words: ['NOT_START', 'SUBMITTED', 'QUEUED', 'IN_PROGRESS', 'SUCCESS', 'FAILURE'],
	},
	{ call: /^assets\.(get|list)$/, path: /^(Items\[\]\.)?Status$/, words: assetWords },
];

export const knownStatuses: Readonly<Record<string, readonly KnownWords[]>> = {
	anyfast: gatewayWords,
	alad: gatewayWords,
	piapi: [
		{
			call: /^videoTasks\.(get|create)$/,
			path: /^data\.status$/,
			words: ['pending', 'staged', 'processing', 'completed', 'failed'],
		},
		{
			call: /^videoTasks\.list$/,
			path: /^data\.data\[\]\.status$/,
			words: ['pending', 'staged', 'processing', 'finished', 'failed'],
		},
		{ call: /^assets\./, path: /^(items\[\]\.)?status$/, words: assetWords },
	],
	apiframe: [
		{
			call: /^videoTasks\./,
			path: /^(jobs\[\]\.)?status$/,
			words: ['QUEUED', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED'],
		},
		{ call: /^assets\.get$/, path: /^status$/, words: assetWords },
	],
};

/** Paths that repeat what was sent, by this or by another request, so that their shapes may differ. */
export const echoedPaths = /(^|\.)(input|config)\./;
