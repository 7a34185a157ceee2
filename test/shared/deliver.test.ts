import { systemClock } from '../../nodes/shared/clock';
import {
	type Delivery,
	type DeliverySession,
	deliverInTime,
	describeUndelivered,
	readStoredDelivery,
	storedDelivery,
} from '../../nodes/shared/node/deliver';
import { providers } from '../../nodes/shared/providers';
import type { VideoTask } from '../../nodes/shared/vocabulary';

const provider = providers.find(({ id }) => id === 'piapi')!;
/** A session without n8n's functions, so that nothing can be downloaded. */
const session = {
	provider,
	connection: { provider, clock: systemClock, baseUrl: 'https://api.example.com' },
	context: { helpers: {} },
	run: { downloads: () => async () => await Promise.reject(new TypeError('downloads is not a function')) },
} as unknown as DeliverySession;
const withFiles: Delivery = { simplify: false, binaryFields: { video: 'clip', lastFrame: 'still', maxBytes: 5 } };

describe('A task that has ended, if everything else fails', () => {
	const task: VideoTask = {
		id: 'task-1',
		status: 'succeeded',
		videoUrl: 'https://files.example.com/1.mp4',
		raw: {},
	};
	const hostile: Array<[string, Partial<VideoTask>]> = [
		['files that cannot be fetched', {}],
		['a time that is no date', { createdAtMs: 1.8e18 }],
		['a link that is none', { videoUrl: 'https://[x' }],
		['a link with a port that there is not', { videoUrl: 'https://files.example.com:99999/1.mp4' }],
		['a link that expires at no date', { linksExpireAtMs: 1e30 }],
		['an end without a video', { status: 'failed', videoUrl: undefined, finishedAtMs: NaN }],
	];

	it.each(hostile)('with %s is still an item with its ID', async (_what, changes) => {
		const ended = { ...task, ...changes };
		const outcome = await deliverInTime(session, ended, withFiles);
		const { json } = outcome.ok ? outcome.value : describeUndelivered(session, ended, withFiles, outcome.error);
		expect(json).toMatchObject({ provider: provider.id, taskId: 'task-1', status: ended.status });
	});

	it('describes the failure even if its times cannot be read', () => {
		const clock = {
			...systemClock,
			now() {
				throw new RangeError('Invalid time value');
			},
		};
		const broken = { ...session, connection: { ...session.connection, clock } };
		expect(describeUndelivered(broken, task, withFiles, new RangeError('Invalid time value')).json).toEqual({
			provider: provider.id,
			taskId: 'task-1',
			status: 'succeeded',
			videoUrl: task.videoUrl,
			failureReason: 'unknown',
			failureMessage: expect.stringContaining('Invalid time value'),
		});
	});
});

describe('A stored delivery', () => {
	it.each<[string, Delivery]>([
		['with files', withFiles],
		['without files', { simplify: true }],
		['with a prompt and a file name', { ...withFiles, prompt: 'A cat', binaryFields: { ...withFiles.binaryFields!, fileName: 'Cat' } }],
	])('is restored from the data of an execution, %s', (_what, delivery) => {
		expect(readStoredDelivery(JSON.parse(JSON.stringify(storedDelivery(delivery))))).toEqual(delivery);
	});

	it.each([[undefined], [null], ['text'], [{ simplify: 'no', binaryFields: undefined }]])(
		'is the default if that data is %j',
		(stored) => expect(readStoredDelivery(stored)).toEqual({ simplify: true }),
	);
});
