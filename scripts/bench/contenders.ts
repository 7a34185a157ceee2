import type { WorkflowNode } from '../../harness/n8n/n8nClient';
import { WorkflowBuilder } from '../../harness/n8n/workflow';
import type { ProviderId } from '../../simulator';

/**
 * Ways to get from a webhook to the file of a video, as a user would build them in the editor: nodes
 * hold what has to be set and nothing that is the default.
 */
export interface Contender {
	id: string;
	name: string;
	isOurs: boolean;
	provider: ProviderId;
	build(site: WorkflowSite): WorkflowBuilder;
}

export interface WorkflowSite {
	/** Of the webhook, and the name of the workflow. */
	path: string;
	/** Of the provider's API. */
	baseUrl: string;
	credentials: NonNullable<WorkflowNode['credentials']>;
	/** One video, or one for each prompt of the webhook's body. */
	isList: boolean;
	/** Which nodes have Retry On Fail with three attempts. */
	retries?: 'create' | 'createAndGet';
}

const generateType = 'n8n-nodes-seedance.seedanceGenerate';
/** The newest versions in n8n 2.41. */
const httpRequest = { type: 'n8n-nodes-base.httpRequest', version: 4.5 };
const wait = { type: 'n8n-nodes-base.wait', version: 1.1 };
const ifNode = { type: 'n8n-nodes-base.if', version: 2.3 };
const splitOut = { type: 'n8n-nodes-base.splitOut', version: 1 };

const retryOnFail = { retryOnFail: true, maxTries: 3 };
const onlyPrompt = 'A lighthouse at night';

function begin({ path, isList }: WorkflowSite): { builder: WorkflowBuilder; first: string; prompt: string } {
	const builder = new WorkflowBuilder(path, path);
	if (!isList) return { builder, first: 'Webhook', prompt: onlyPrompt };
	builder.add('Prompts', splitOut.type, splitOut.version, { fieldToSplitOut: 'body.prompts' });
	builder.connect('Webhook', 'Prompts');
	return { builder, first: 'Prompts', prompt: "={{ $json['body.prompts'] }}" };
}

function generateAndWait(provider: ProviderId, waitForCompletion?: 'onCallback') {
	return (site: WorkflowSite) => {
		const { builder, first, prompt } = begin(site);
		const fields = { provider, prompt, ...(waitForCompletion && { waitForCompletion }) };
		const options = { credentials: site.credentials, ...(site.retries && retryOnFail) };
		return builder.add('Generate', generateType, 1, fields, options).chain(first, 'Generate');
	};
}

function generateAndPauseBetweenChecks(provider: ProviderId) {
	return (site: WorkflowSite) => {
		const { builder, first, prompt } = begin(site);
		const options = { credentials: site.credentials, ...(site.retries && retryOnFail) };
		return builder
			.add('Generate', generateType, 1, { provider, prompt, waitForCompletion: 'dontWait' }, options)
			.add(
				'Wait for Task',
				generateType,
				1,
				{ provider, operation: 'waitForTask', taskId: '={{ $json.taskId }}', pauseBetweenChecks: true },
				options,
			)
			.chain(first, 'Generate', 'Wait for Task')
			.connect('Wait for Task', 'Wait for Task', { output: 0 });
	};
}

/** HTTP Request → Wait → HTTP Request → IF → back to Wait, or on to HTTP Request for the file. */
function stockLoop(waitSeconds: number) {
	return (site: WorkflowSite) => {
		const { builder, first, prompt } = begin(site);
		const { baseUrl, credentials, retries } = site;
		const tasksUrl = `${baseUrl}/v1/video/generations`;
		const authentication = { authentication: 'genericCredentialType', genericAuthType: 'httpHeaderAuth' };
		const text = site.isList ? prompt.slice(3, -2) : JSON.stringify(prompt);
		const isDone = {
			leftValue: '={{ $json.data.status }}',
			rightValue: 'SUCCESS',
			operator: { type: 'string', operation: 'equals' },
		};
		return builder
			.add(
				'Create',
				httpRequest.type,
				httpRequest.version,
				{
					method: 'POST',
					url: tasksUrl,
					...authentication,
					sendBody: true,
					specifyBody: 'json',
					jsonBody: `={{ { model: 'seedance', content: [{ type: 'text', text: ${text} }] } }}`,
				},
				{ credentials, ...(retries && retryOnFail) },
			)
			.add('Wait', wait.type, wait.version, { amount: waitSeconds })
			.add(
				'Get',
				httpRequest.type,
				httpRequest.version,
				{ url: `=${tasksUrl}/{{ $('Create').item.json.id }}`, ...authentication },
				{ credentials, ...(retries === 'createAndGet' && retryOnFail) },
			)
			.add('Is Done', ifNode.type, ifNode.version, {
				conditions: {
					options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 3 },
					combinator: 'and',
					conditions: [isDone],
				},
			})
			.add('Download', httpRequest.type, httpRequest.version, {
				url: '={{ $json.data.result_url }}',
				options: { response: { response: { responseFormat: 'file' } } },
			})
			.chain(first, 'Create', 'Wait', 'Get', 'Is Done', 'Download')
			.connect('Is Done', 'Wait', { output: 1 });
	};
}

export const inThisNode: Contender = {
	id: 'inThisNode',
	name: 'Seedance: In This Node',
	isOurs: true,
	provider: 'anyfast',
	build: generateAndWait('anyfast'),
};

/** With a provider that tells the state of many tasks in one request; the same as the first one for a single video. */
export const askedTogether: Contender = {
	id: 'askedTogether',
	name: 'Seedance: In This Node, asked together',
	isOurs: true,
	provider: 'apiframe',
	build: generateAndWait('apiframe'),
};

/** With a provider that lists tasks, so that Retry finds the one of an execution that ended with n8n. */
export const foundAgain: Contender = {
	id: 'foundAgain',
	name: 'Seedance: In This Node, tasks listed',
	isOurs: true,
	provider: 'apiframe',
	build: generateAndWait('apiframe'),
};

export const onCallback: Contender = {
	id: 'onCallback',
	name: 'Seedance: On Provider Callback',
	isOurs: true,
	provider: 'apiframe',
	build: generateAndWait('apiframe', 'onCallback'),
};

export const pauseBetweenChecks: Contender = {
	id: 'pauseBetweenChecks',
	name: 'Seedance: Pause Between Checks',
	isOurs: true,
	provider: 'anyfast',
	build: generateAndPauseBetweenChecks('anyfast'),
};

export const stock10: Contender = {
	id: 'stock10',
	name: 'HTTP Request: Wait 10 s',
	isOurs: false,
	provider: 'anyfast',
	build: stockLoop(10),
};

export const stock65: Contender = {
	id: 'stock65',
	name: 'HTTP Request: Wait 65 s',
	isOurs: false,
	provider: 'anyfast',
	build: stockLoop(65),
};

export const contenders = [inThisNode, onCallback, pauseBetweenChecks, stock10, stock65];

/** Of many videos in one execution. */
export const contendersOfMany = [inThisNode, askedTogether, onCallback, pauseBetweenChecks, stock10, stock65];

/** What the others are compared with: what people build today. */
export const baseline = stock10;
