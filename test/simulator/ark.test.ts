import { arkRefusals } from '../../simulator';
import {
	accessOf,
	ask,
	createTask,
	deleteTask,
	generate,
	listTasks,
	prompt,
	readTask,
	refusedTask,
	seedance20,
	seedance25,
	tasksPath,
} from './arkSupport';
import { at, closeAll, fetchUrl, probe, stage, textAt, type Stage } from './support';

// Videos are made and measured here, which a busy machine does slowly.
jest.setTimeout(30_000);

afterEach(closeAll);

const hourSeconds = 60 * 60;
const daySeconds = 24 * hourSeconds;
const taskId = expect.stringMatching(/^cgt-\d{14}-[a-z0-9]{5}$/);

async function statusOf(on: Stage, id: string): Promise<unknown> {
	return at((await readTask(on, id)).json, 'status');
}

describe('API key', () => {
	it.each<[string, string | null]>([
		['none', null],
		['a wrong one', 'sk-wrong'],
		['an access key', 'AKLTsimulator-international'],
	])('refuses %s with the body that has been measured', async (_, key) => {
		const on = await stage();
		const answer = await ask(on, '/models', undefined, { key });
		const { requestId } = on.simulator.calls[0] ?? {};
		expect(answer).toMatchObject({ statusCode: 401, headers: { 'x-request-id': requestId } });
		expect(answer.json).toEqual({
			error: {
				code: 'AuthenticationError',
				message: `the API key or AK/SK in the request is missing or invalid. request id: ${requestId}`,
				param: '',
				type: 'Unauthorized',
			},
		});
	});

	it('is that of one region: the other one does not know it, nor its models and tasks', async () => {
		const on = await stage();
		const [international, china] = [accessOf(on), accessOf(on, 'china')];
		expect(await ask(on, '/models', undefined, { region: 'china', key: international.apiKey })).toMatchObject({ statusCode: 401 });
		expect(await ask(on, '/models', undefined, { key: china.apiKey })).toMatchObject({ statusCode: 401 });
		const notFound = refusedTask(404, 'InvalidEndpointOrModel.NotFound');
		expect(await generate(on, {}, { region: 'china' })).toMatchObject(notFound);
		expect(await generate(on, { model: 'doubao-seedance-2-0-260128' })).toMatchObject(notFound);
		const id = await createTask(on, { model: 'doubao-seedance-2-0-260128' }, { region: 'china' });
		expect(await readTask(on, id)).toMatchObject({ statusCode: 404 });
		expect(await readTask(on, id, { region: 'china' })).toMatchObject({ statusCode: 200 });
	});

	it('is that of one account and one project', async () => {
		const on = await stage();
		const id = await createTask(on);
		for (const key of [accessOf(on).otherApiKey, accessOf(on).studioApiKey]) {
			expect(await readTask(on, id, { key })).toMatchObject(refusedTask(404, 'NotFound.TaskId'));
		}
	});

	it('with custom permission makes and lists what it may', async () => {
		const on = await stage();
		const key = accessOf(on).customApiKey;
		expect(await generate(on, {}, { key })).toMatchObject({ statusCode: 200 });
		expect(await generate(on, { model: seedance25 }, { key })).toMatchObject(refusedTask(403, 'AccessDenied'));
		expect(await listTasks(on, '', { key })).toMatchObject(refusedTask(400, 'MissingParameter'));
		expect(await listTasks(on, `filter.model=${seedance20}`, { key })).toMatchObject({ statusCode: 200, json: { total: 1 } });
	});

	it('goes nowhere on the host of the other plane', async () => {
		const on = await stage();
		const { controlBaseUrl, apiKey } = accessOf(on);
		const headers = { authorization: `Bearer ${apiKey}` };
		const answer = await fetchUrl(`${controlBaseUrl}/api/v3${tasksPath}`, { headers });
		expect(answer).toMatchObject({ statusCode: 404, text: '' });
	});
});

describe('models', () => {
	it('are those of the region, with the ones that were stopped', async () => {
		const on = await stage();
		const models = async (region?: 'china') => at((await ask(on, '/models', undefined, { region })).json, 'data') as Array<{ id: string; status?: string }>;
		const international = await models();
		expect(international.map(({ id }) => id)).toEqual([
			...['dreamina-seedance-2-5-260628', 'dreamina-seedance-2-0-260128', 'dreamina-seedance-2-0-fast-260128'],
			...['dreamina-seedance-2-0-mini-260615', 'seedance-1-5-pro-251215', 'seedance-1-0-pro-250528'],
			...['seedance-1-0-pro-fast-251015', 'seedance-1-0-lite-t2v-250428', 'seedance-1-0-lite-i2v-250428'],
		]);
		expect((await models('china')).every(({ id }) => id.startsWith('doubao-seedance-'))).toBe(true);
		const stopped = async () => (await models()).filter(({ status }) => status === 'Shutdown').map(({ id }) => id);
		expect(await stopped()).toEqual([]);
		on.pass((Date.UTC(2026, 10, 11, 9) - on.nowMs()) / 1000);
		expect(await stopped()).toEqual(['seedance-1-5-pro-251215', 'seedance-1-0-lite-t2v-250428', 'seedance-1-0-lite-i2v-250428']);
		const old = { model: 'seedance-1-5-pro-251215' };
		expect(await generate(on, old)).toMatchObject(refusedTask(404, 'InvalidEndpointOrModel.NotFound'));
	});
});

describe('a task', () => {
	it('is answered with its ID alone, and goes from the queue to a genuine video', async () => {
		const on = await stage();
		const { json } = await generate(on, { duration: 4, resolution: '480p', return_last_frame: true, safety_identifier: 'mia' });
		expect(json).toEqual({ id: taskId });
		const id = textAt(json, 'id');
		const createdAt = Math.floor(on.nowMs() / 1000);
		expect((await readTask(on, id)).json).toEqual({
			id,
			model: seedance20,
			status: 'queued',
			created_at: createdAt,
			updated_at: createdAt,
			service_tier: 'default',
			execution_expires_after: 172_800,
			safety_identifier: 'mia',
			priority: 0,
		});
		on.pass(30);
		expect((await readTask(on, id)).json).toMatchObject({ status: 'running', updated_at: createdAt + 5 });
		on.pass(35);
		const done = (await readTask(on, id)).json;
		expect(done).toMatchObject({
			status: 'succeeded',
			error: null,
			updated_at: createdAt + 65,
			usage: { completion_tokens: 40_594, total_tokens: 40_594 },
			resolution: '480p',
			ratio: '16:9',
			duration: 4,
			framespersecond: 24,
			generate_audio: true,
			draft: false,
		});
		const { bytes } = await fetchUrl(textAt(done, 'content', 'video_url'));
		expect(probe(bytes)).toMatchObject({ streams: [{ width: 864, height: 496, nb_frames: '96' }, { codec_type: 'audio' }] });
		const frame = await fetchUrl(textAt(done, 'content', 'last_frame_url'));
		expect(frame).toMatchObject({ statusCode: 200, headers: { 'content-type': 'image/png' } });
	});

	it.each<[number, string, object]>([
		// Numbers that clients and price pages have given.
		[108_900, '2.0 at 720p for 5 s', { resolution: '720p', duration: 5 }],
		[246_840, '1.0 pro at 1080p for 5 s', { model: 'seedance-1-0-pro-250528', resolution: '1080p', duration: 5 }],
		[87_300, '2.0 fast at 720p for 4 s', { model: 'dreamina-seedance-2-0-fast-260128', resolution: '720p', duration: 4 }],
	])('costs %d tokens: %s', async (tokens, _, fields) => {
		const on = await stage();
		await createTask(on, fields);
		expect(on.simulator.ledger).toMatchObject([{ refunded: false, charge: { amount: tokens, unit: 'tokens' } }]);
	});

	it('of 2.5 lets the model choose the duration when it is not told', async () => {
		const on = await stage();
		const id = await createTask(on, { model: seedance25, duration: undefined });
		on.pass(65);
		expect((await readTask(on, id)).json).toMatchObject({ duration: 10, output_format: 'mp4' });
	});

	it.each<[string, object, object]>([
		['2.5 at 1080p: H.265', { model: seedance25, resolution: '1080p' }, { codec_name: 'hevc', width: 1920, pix_fmt: 'yuv420p10le' }],
		['a MOV: H.264 in all colours', { model: seedance25, resolution: '480p', output_format: 'mov' }, { codec_name: 'h264', width: 854, pix_fmt: 'yuv444p' }],
	])('has the encoding of %s', async (_, fields, stream) => {
		const on = await stage();
		const id = await createTask(on, { duration: 4, ...fields });
		on.pass(65);
		const { bytes } = await fetchUrl(textAt((await readTask(on, id)).json, 'content', 'video_url'));
		expect(probe(bytes)).toMatchObject({ streams: [stream, { codec_type: 'audio' }] });
	});

	it('takes an endpoint in place of a model, and tells the real model', async () => {
		const on = await stage();
		const id = await createTask(on, { model: 'ep-20260401000000-inter' });
		expect((await readTask(on, id)).json).toMatchObject({ model: seedance20 });
		expect((await listTasks(on, `filter.model=${seedance20}`)).json).toMatchObject({ total: 0 });
	});

	it('is made by a POST to any path below that of tasks too', async () => {
		const on = await stage();
		const body = { model: seedance20, content: [prompt] };
		expect((await ask(on, `${tasksPath}/cgt-1/cancel`, body)).json).toEqual({ id: taskId });
	});

	it('still obeys the flags of old at the end of its prompt', async () => {
		const on = await stage();
		const content = [{ type: 'text', text: 'A cat --dur 6 --rt 1:1 --rs nonsense' }];
		const id = await createTask(on, { content, duration: undefined });
		on.pass(65);
		expect((await readTask(on, id)).json).toMatchObject({ duration: 6, ratio: '1:1', resolution: '720p' });
	});

	it('expires when it does not end in time', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		const id = await createTask(on, { execution_expires_after: 3600 });
		on.pass(3599);
		expect(await statusOf(on, id)).toBe('running');
		on.pass(1);
		const { json } = await readTask(on, id);
		expect(json).toMatchObject({ status: 'expired' });
		expect(json).not.toHaveProperty('error');
	});

	it('that fails says why, and costs nothing', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		const id = await createTask(on);
		on.pass(65);
		expect((await readTask(on, id)).json).toMatchObject({
			status: 'failed',
			error: { code: 'OutputVideoSensitiveContentDetected' },
		});
		expect(on.simulator.ledger).toMatchObject([{ refunded: true, charge: { amount: 0 } }]);
	});

	it('is forgotten after seven days', async () => {
		const on = await stage();
		const id = await createTask(on);
		on.pass(7 * daySeconds - 1);
		expect(await statusOf(on, id)).toBe('succeeded');
		on.pass(1);
		expect(await readTask(on, id)).toMatchObject(refusedTask(404, 'NotFound.TaskId'));
		expect((await listTasks(on)).json).toEqual({ total: 0, items: [] });
	});
});

describe('the link to a video', () => {
	it('lives for 24 hours from the end of the task, however often it is read', async () => {
		const on = await stage({ videoFile: __filename });
		const id = await createTask(on);
		on.pass(65);
		const link = textAt((await readTask(on, id)).json, 'content', 'video_url');
		on.pass(daySeconds - 1);
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 200 });
		on.pass(1);
		expect(textAt((await readTask(on, id)).json, 'content', 'video_url')).toBe(link);
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 403 });
	});

	it.each([
		[seedance25, 403],
		[seedance20, 200],
	])('of %s answers %d after a hundred downloads', async (model, statusCode) => {
		const on = await stage({ videoFile: __filename });
		const id = await createTask(on, { model });
		on.pass(65);
		const link = textAt((await readTask(on, id)).json, 'content', 'video_url');
		for (let count = 0; count < 100; count++) expect(await fetchUrl(link)).toMatchObject({ statusCode: 200 });
		await readTask(on, id);
		expect(await fetchUrl(link)).toMatchObject({ statusCode });
	});
});

describe('DELETE', () => {
	it('cancels a queued task, which is remembered for a day and cannot be deleted', async () => {
		const on = await stage();
		const id = await createTask(on);
		expect(await deleteTask(on, id)).toMatchObject({ statusCode: 200, json: {} });
		on.pass(100);
		expect(await statusOf(on, id)).toBe('cancelled');
		expect(await deleteTask(on, id)).toMatchObject({ statusCode: 409 });
		expect(on.simulator.ledger).toMatchObject([{ refunded: true, charge: { amount: 0 } }]);
		on.pass(daySeconds);
		expect(await readTask(on, id)).toMatchObject({ statusCode: 404 });
	});

	it('refuses a running task', async () => {
		const on = await stage();
		const id = await createTask(on);
		on.pass(5);
		expect(await deleteTask(on, id)).toMatchObject({
			statusCode: 409,
			json: {
				error: {
					code: 'InvalidAction.RunningTaskDeletion',
					message: expect.stringContaining(`Cannot delete task ${id} because it is currently running`),
				},
			},
		});
		on.pass(60);
		expect(await statusOf(on, id)).toBe('succeeded');
	});

	it('loses the result of a task that has ended, which stays paid', async () => {
		const on = await stage();
		const id = await createTask(on);
		on.pass(65);
		expect(await deleteTask(on, id)).toMatchObject({ statusCode: 200, json: {} });
		expect(await readTask(on, id)).toMatchObject(refusedTask(404, 'NotFound.TaskId'));
		expect(on.simulator.ledger).toMatchObject([{ refunded: false, charge: { amount: 108_900 } }]);
	});
});

describe('the list of tasks', () => {
	it('tells many tasks in one request, by a repeated name', async () => {
		const on = await stage();
		const ids: string[] = [];
		for (let count = 0; count < 3; count++) ids.push(await createTask(on));
		const [first = '', , third = ''] = ids;
		const { json } = await listTasks(on, `filter.task_ids=${first}&filter.task_ids=${third}&filter.task_ids=cgt-unknown`);
		expect(json).toMatchObject({ total: 2, items: [{ id: third, status: 'queued' }, { id: first }] });
		expect((await listTasks(on, `filter.task_ids=${first},${third}`)).json).toEqual({ total: 0, items: [] });
		expect(on.simulator.calls.at(-2)).toMatchObject({ route: 'tasks.list', search: expect.stringContaining(first) });
	});

	it('is one a second for an account', async () => {
		const on = await stage();
		expect(await listTasks(on)).toMatchObject({ statusCode: 200 });
		const options = { key: accessOf(on).studioApiKey };
		expect(await ask(on, tasksPath, undefined, options)).toMatchObject(refusedTask(429, 'AccountRateLimitExceeded'));
		expect(await ask(on, tasksPath, undefined, { key: accessOf(on).otherApiKey })).toMatchObject({ statusCode: 200 });
		on.pass(0.999);
		expect(await ask(on, tasksPath)).toMatchObject({ statusCode: 429 });
		on.pass(0.001);
		expect(await ask(on, tasksPath)).toMatchObject({ statusCode: 200 });
	});

	it('has pages and filters, the newest first', async () => {
		const on = await stage();
		const old = await createTask(on, { model: seedance25 });
		on.pass(100);
		for (let count = 0; count < 21; count++) await createTask(on);
		expect((await listTasks(on)).json).toMatchObject({ total: 22, items: { length: 20 } });
		expect((await listTasks(on, 'page_num=2')).json).toMatchObject({ total: 22, items: [{}, { id: old, status: 'succeeded' }] });
		expect((await listTasks(on, 'page_size=5&filter.status=succeeded')).json).toMatchObject({ total: 1, items: [{ id: old }] });
		expect((await listTasks(on, `filter.model=${seedance25}`)).json).toMatchObject({ total: 1 });
	});

	it('shows tasks of the tier flex only to who asks for them', async () => {
		const on = await stage();
		const id = await createTask(on, { model: 'seedance-1-0-pro-250528', service_tier: 'flex' });
		expect((await listTasks(on)).json).toMatchObject({ total: 0 });
		expect((await listTasks(on, 'filter.service_tier=flex')).json).toMatchObject({ items: [{ id, service_tier: 'flex' }] });
	});

	it.each(['page_num=0', 'page_num=501', 'page_size=501', 'page_size=x', 'filter.status=expired', 'filter.id=x'])(
		'refuses %s',
		async (query) => {
			expect(await listTasks(await stage(), query)).toMatchObject(refusedTask(400, 'InvalidParameter'));
		},
	);
});

describe('rates', () => {
	it('refuse the 21st read in a second, and not a later one', async () => {
		const on = await stage();
		const id = await createTask(on);
		for (let count = 0; count < 20; count++) expect(await readTask(on, id)).toMatchObject({ statusCode: 200 });
		expect(await readTask(on, id)).toMatchObject({ statusCode: 429, json: { error: { type: 'TooManyRequests' } } });
		on.pass(1);
		expect(await readTask(on, id)).toMatchObject({ statusCode: 200 });
	});

	it('can be off', async () => {
		const on = await stage({ ark: { rates: 'none' } });
		await ask(on, tasksPath);
		expect(await ask(on, tasksPath)).toMatchObject({ statusCode: 200 });
	});
});

describe('tasks that take their turns', () => {
	it('wait in the queue by age, and one with a higher priority goes first', async () => {
		const on = await stage({ ark: { maxRunningTasks: 1 } });
		const ids: string[] = [];
		for (const priority of [0, 0, 9]) ids.push(await createTask(on, { priority }));
		const statuses = async () => await Promise.all(ids.map(async (id) => await statusOf(on, id)));
		on.pass(5);
		// All are as old, so the priority decides.
		expect(await statuses()).toEqual(['queued', 'queued', 'running']);
		await deleteTask(on, ids[0] ?? '');
		on.pass(60);
		expect(await statuses()).toEqual(['cancelled', 'running', 'succeeded']);
		on.pass(60);
		expect(await statuses()).toEqual(['cancelled', 'succeeded', 'succeeded']);
	});
});

describe('callbacks', () => {
	const received = (on: Stage) => on.simulator.webhooks.deliveries.map(({ event }) => event);
	const callback_url = 'https://example.com/hook?token=mine';

	it('come when the task is queued, runs and ends', async () => {
		const on = await stage();
		await createTask(on, { callback_url });
		await on.simulator.webhooks.deliver();
		expect(received(on)).toEqual(['queued']);
		on.pass(65);
		await on.simulator.webhooks.deliver();
		expect(received(on)).toEqual(['queued', 'running', 'succeeded']);
		expect(on.simulator.webhooks.deliveries.every(({ url }) => url === callback_url)).toBe(true);
	});

	it('do not tell of a cancelled task', async () => {
		const on = await stage();
		const id = await createTask(on, { callback_url });
		await deleteTask(on, id);
		on.pass(daySeconds);
		await on.simulator.webhooks.deliver();
		expect(received(on)).toEqual([]);
	});

	it('tell of a task that expires', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		await createTask(on, { callback_url, execution_expires_after: 3600 });
		on.pass(3600);
		await on.simulator.webhooks.deliver();
		expect(received(on)).toEqual(['queued', 'running', 'expired']);
	});

	it('are repeated three times when the end is not confirmed, and not at all before', async () => {
		const on = await stage();
		// Nobody listens on the port of a simulator that has been closed.
		const gone = await stage();
		await gone.simulator.close();
		await createTask(on, { callback_url: `${gone.simulator.storageUrl}/hook` });
		on.pass(65);
		for (let round = 0; round < 6; round++) {
			await on.simulator.webhooks.deliver();
			on.pass(5);
		}
		expect(received(on)).toEqual(['queued', 'running', 'succeeded', 'succeeded', 'succeeded', 'succeeded']);
	});
});

describe('drafts', () => {
	const draft = { model: seedance25, draft: true, resolution: '480p', duration: 4, ratio: '9:16' };
	const final = (id: string, fields: object = {}) => ({
		model: seedance25,
		duration: undefined,
		content: [{ type: 'draft_task', draft_task: { id } }],
		...fields,
	});

	it('become a video of 1080p with the rest as it was', async () => {
		const on = await stage();
		const id = await createTask(on, draft);
		on.pass(65);
		expect((await readTask(on, id)).json).toMatchObject({ draft: true, resolution: '480p' });
		const finalId = await createTask(on, final(id));
		on.pass(65);
		expect((await readTask(on, finalId)).json).toMatchObject({
			draft: false,
			draft_task_id: id,
			resolution: '1080p',
			ratio: '9:16',
			duration: 4,
		});
	});

	it('want 480p to be said', async () => {
		const on = await stage();
		for (const resolution of [undefined, '720p']) {
			expect(await generate(on, { ...draft, resolution })).toMatchObject(refusedTask(400, 'InvalidParameter'));
		}
	});

	it.each<[string, object]>([
		['a duration, even the same', { duration: 4 }],
		['a ratio', { ratio: '9:16' }],
		['sound', { generate_audio: true }],
		['a task type', { omni_reference_task_type: 'auto' }],
		['another resolution', { resolution: '720p' }],
	])('refuse %s beside them', async (_, fields) => {
		const on = await stage();
		const id = await createTask(on, draft);
		on.pass(65);
		expect(await generate(on, final(id, fields))).toMatchObject(refusedTask(400, 'InvalidParameter'));
	});

	it('must have succeeded, and be drafts of the same model, not older than seven days', async () => {
		const on = await stage();
		const [id, noDraft] = [await createTask(on, draft), await createTask(on, { model: seedance25 })];
		const refusal = refusedTask(400, 'InvalidParameter');
		expect(await generate(on, final(id))).toMatchObject(refusal);
		on.pass(65);
		expect(await generate(on, final(noDraft))).toMatchObject(refusal);
		expect(await generate(on, final(id, { model: seedance20 }))).toMatchObject(refusal);
		on.pass(7 * daySeconds);
		expect(await generate(on, final(id))).toMatchObject(refusal);
	});
});

describe('faults', () => {
	it.each<[keyof typeof arkRefusals, number, string]>([
		['authentication', 401, 'AuthenticationError'],
		['modelNotOpen', 404, 'ModelNotOpen'],
		['accountOverdue', 403, 'AccountOverdueError'],
		['freeTrialUsedUp', 429, 'QuotaExceeded'],
		['tooManyQueuedTasks', 429, 'QuotaExceeded'],
		['periodLimitReached', 429, 'QuotaExceeded'],
		['realPerson', 400, 'InputImageSensitiveContentDetected.PrivacyInformation'],
	])('%s refuses a task as documented, and nothing is billed', async (name, statusCode, code) => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', provider: 'ark', effect: arkRefusals[name] });
		expect(await generate(on)).toMatchObject(refusedTask(statusCode, code));
		expect(on.simulator.ledger).toEqual([]);
	});

	it('can answer with an internal error although the task is made', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: arkRefusals.internalErrorAfterAcceptance });
		expect(await generate(on, { safety_identifier: 'mine' })).toMatchObject(refusedTask(500, 'InternalServiceError'));
		expect((await listTasks(on)).json).toMatchObject({ total: 1, items: [{ safety_identifier: 'mine' }] });
	});
});
