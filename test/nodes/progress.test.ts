import { SeedanceGenerate } from '../../nodes/SeedanceGenerate/SeedanceGenerate.node';
import { inBrokenHost } from '../support/brokenHost';
import { Lab, simulatedProviders } from '../support/lab';

/** What the browser's console says while the node waits, during a manual run. */
describe.each(simulatedProviders)('%s', (_name, provider, { displayName }) => {
	let lab: Lab;
	beforeEach(async () => (lab = await Lab.open({ taskQueueSeconds: 30, taskRunSeconds: 60 })));
	afterEach(async () => await lab.close());

	const generate = async (sendMessageToUI: (message: unknown) => void) => {
		const nodeTypes = [inBrokenHost(new SeedanceGenerate(), () => ({ sendMessageToUI }))];
		const parameters = { provider, operation: 'generate', mode: 'textToVideo', prompt: 'A cat', downloadVideo: false };
		return await lab.items('seedanceGenerate', parameters, { host: { ...lab.host(), nodeTypes } });
	};

	it('tells each change once, with the time since the task began', async () => {
		const messages: string[] = [];
		await generate((message) => void messages.push(String(message)));
		const [accepted, ...progress] = messages;
		const taskId = lab.paid('generation')[0]?.id;
		expect(accepted).toBe(`${displayName} accepted task ${taskId}`);
		const states = progress.map((message) => {
			const [, state, seconds] = /^(?:.*) task \S+: (.*), after (\d+) s$/.exec(message) ?? [];
			expect(message).toContain(`${displayName} task ${taskId}: `);
			return [state, Number(seconds)] as const;
		});
		expect(states[0]?.[0]).toMatch(/^queued/);
		expect(states.at(-1)?.[0]).toMatch(/^succeeded/);
		expect(states.some(([state]) => state?.startsWith('running'))).toBe(true);
		expect(new Set(states.map(([state]) => state)).size).toBe(states.length);
		const seconds = states.map(([, second]) => second);
		expect(seconds).toEqual([...seconds].sort((one, other) => one - other));
		expect(seconds.at(-1)).toBeGreaterThanOrEqual(90);
	});

	it('loses nothing where there is nobody to tell', async () => {
		const [item] = await generate(() => {
			throw new TypeError('this.additionalData.sendDataToUI is not a function');
		});
		expect(item?.json).toMatchObject({ status: 'succeeded', taskId: lab.paid('generation')[0]?.id });
	});
});
