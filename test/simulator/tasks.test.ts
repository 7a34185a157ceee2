import {
	at,
	audio,
	call,
	closeAll,
	createTask,
	fetchUrl,
	image,
	readTask,
	stage,
	text,
	textAt,
	video,
} from './support';

afterEach(closeAll);

const jpg = 'https://example.com/a.jpg';
const mp4 = 'https://example.com/a.mp4';
const mp3 = 'https://example.com/a.mp3';

describe('creating a task', () => {
	const body = { model: 'seedance', content: [text('A cat')] };

	it('answers with two IDs and an empty status on AnyFast', async () => {
		const on = await stage();
		const { json } = await call(on, '/v1/video/generations', body);
		const id = expect.stringMatching(/^asyntask_[a-z0-9]{32}$/);
		const created_at = on.nowMs() / 1000;
		expect(json).toEqual({ id, task_id: id, object: 'video', model: 'seedance', status: '', progress: 0, created_at });
		expect(at(json, 'id')).toBe(at(json, 'task_id'));
	});

	it('answers with the task_id alone on Alad', async () => {
		const { json } = await call(await stage(), '/v1/video/generations', body, { provider: 'alad' });
		expect(json).toMatchObject({ task_id: expect.stringMatching(/^asyntask_/), status: '' });
		expect(json).not.toHaveProperty('id');
	});

	it.each(['anyfast', 'alad'] as const)('is billed once on %s, however often it is read', async (provider) => {
		const on = await stage();
		const id = await createTask(on, {}, provider);
		await readTask(on, id, provider);
		await readTask(on, id, provider);
		const atMs = on.nowMs();
		expect(on.simulator.ledger).toEqual([
			{
				provider,
				atMs,
				kind: 'generation',
				id,
				model: 'seedance',
				requestId: on.simulator.calls[0]?.requestId,
				refunded: false,
				charge: { amount: 108_900, unit: 'tokens' },
			},
		]);
	});
});

describe('reading a task', () => {
	it('follows the clock from NOT_START to SUCCESS, in seconds and percent', async () => {
		const on = await stage();
		const id = await createTask(on);
		const submit = on.nowMs() / 1000;
		const seen: unknown[] = [];
		for (const seconds of [0, 2, 3, 30, 29, 1]) {
			on.pass(seconds);
			const json = await readTask(on, id);
			const task = at(json, 'data');
			seen.push(
				['status', 'progress', 'start_time', 'finish_time'].map((key) => at(task, key)),
			);
			expect(json).toMatchObject({ code: 'success', data: { task_id: id, submit_time: submit } });
		}
		expect(seen).toEqual([
			['NOT_START', '0%', 0, 0],
			['QUEUED', '10%', 0, 0],
			['IN_PROGRESS', '50%', submit + 5, 0],
			['IN_PROGRESS', '74%', submit + 5, 0],
			['IN_PROGRESS', '98%', submit + 5, 0],
			['SUCCESS', '100%', submit + 5, submit + 65],
		]);
	});

	it('shows the words of upstream inside: queued, running, succeeded', async () => {
		const on = await stage();
		const id = await createTask(on);
		const inner = async (seconds: number) => {
			on.pass(seconds);
			return at(await readTask(on, id), 'data', 'data');
		};
		expect(await inner(0)).toBeNull();
		expect(await inner(2)).toMatchObject({ status: 'queued', id: expect.stringMatching(/^cgt-/) });
		expect(await inner(10)).toMatchObject({ status: 'running' });
		expect(await inner(60)).toMatchObject({
			status: 'succeeded',
			duration: 5,
			framespersecond: 24,
			generate_audio: true,
			ratio: '16:9',
			resolution: '720p',
			usage: { completion_tokens: 108900, total_tokens: 108900 },
		});
	});

	it('has the link three times on success, one of them as fail_reason', async () => {
		const on = await stage();
		const id = await createTask(on);
		on.pass(65);
		const json = await readTask(on, id);
		const url = textAt(json, 'data', 'result_url');
		expect(new URL(url).origin).toBe(on.simulator.storageUrl);
		expect(json).toMatchObject({
			data: {
				fail_reason: url,
				data: { content: { video_url: url } },
				request_id: on.simulator.calls.at(-1)?.requestId,
			},
		});
	});

	it('has a last frame only when it was asked for', async () => {
		const on = await stage();
		const plain = await createTask(on);
		const wanted = await createTask(on, { return_last_frame: true });
		on.pass(65);
		const content = async (id: string) => at(await readTask(on, id), 'data', 'data', 'content');
		expect(await content(plain)).not.toHaveProperty('last_frame_url');
		expect(textAt(await content(wanted), 'last_frame_url')).toMatch(/\.png\?/);
	});

	it('signs a fresh link each time, that lives for the set time', async () => {
		const on = await stage({ videoLinkSeconds: 60 });
		const id = await createTask(on, { duration: 4, resolution: '480p', generate_audio: false });
		on.pass(65);
		const first = textAt(await readTask(on, id), 'data', 'result_url');
		on.pass(59);
		const second = textAt(await readTask(on, id), 'data', 'result_url');
		expect(second).not.toBe(first);
		const status = async (url: string) => (await fetchUrl(url, { method: 'HEAD' })).statusCode;
		expect(await status(first)).toBe(200);
		on.pass(1);
		expect([await status(first), await status(second)]).toEqual([403, 200]);
		expect(new URL(second).searchParams.get('X-Amz-Expires')).toBe('60');
	});

	it('keeps the seed', async () => {
		const on = await stage();
		const id = await createTask(on, { seed: 4304 });
		on.pass(65);
		expect(await readTask(on, id)).toMatchObject({ data: { data: { seed: 4304 } } });
	});

	it.each([
		['generate', [text('A cat')]],
		['generate', [image(jpg)]],
		['firstTailGenerate', [image(jpg, 'first_frame'), image(jpg, 'last_frame')]],
		['referenceGenerate', [image(jpg, 'reference_image')]],
		['omniGenerate', [image(jpg, 'reference_image'), audio(mp3)]],
		['omniGenerate', [video(mp4)]],
	])('names the action %s', async (action, content) => {
		const on = await stage();
		expect(await readTask(on, await createTask(on, { content }))).toMatchObject({ data: { action } });
	});

	it('does not know an ID that was never given, or given to another user', async () => {
		const on = await stage();
		const path = `/v1/video/generations/${await createTask(on)}`;
		const notExisting = { statusCode: 400, json: { code: 'task_not_exist', data: null } };
		expect(await call(on, '/v1/video/generations/asyntask_x')).toMatchObject(notExisting);
		expect(await call(on, path, undefined, { key: on.simulator.otherApiKey })).toMatchObject(notExisting);
		expect(await call(on, path, undefined, { provider: 'alad' })).toMatchObject(notExisting);
	});

	it('takes a time scale into account', async () => {
		const on = await stage({ timeScale: 10 });
		const id = await createTask(on);
		on.pass(6.4);
		expect(await readTask(on, id)).toMatchObject({ data: { status: 'IN_PROGRESS' } });
		on.pass(0.1);
		expect(await readTask(on, id)).toMatchObject({ data: { status: 'SUCCESS' } });
	});

	it('follows Date.now when no clock is given, with no timer of its own', async () => {
		jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
		try {
			const on = await stage({ now: undefined });
			const id = await createTask(on);
			jest.setSystemTime(Date.now() + 65_000);
			expect(await readTask(on, id)).toMatchObject({ data: { status: 'SUCCESS' } });
		} finally {
			jest.useRealTimers();
		}
	});

	it('takes queue and run times', async () => {
		const on = await stage({ taskQueueSeconds: 0, taskRunSeconds: 0 });
		expect(await readTask(on, await createTask(on))).toMatchObject({ data: { status: 'SUCCESS' } });
	});
});

describe('the fate of a task', () => {
	it('can be moderation: 100 %, FAILURE, no link, refunded', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskModerated' } });
		const id = await createTask(on);
		on.pass(64);
		expect(on.simulator.ledger).toMatchObject([{ refunded: false }]);
		on.pass(1);
		const json = await readTask(on, id);
		expect(json).toMatchObject({
			code: 'success',
			data: {
				status: 'FAILURE',
				progress: '100%',
				fail_reason: expect.stringContaining('sensitive information'),
				finish_time: on.nowMs() / 1000,
				data: { status: 'failed', error: { code: 'OutputVideoSensitiveContentDetected' } },
			},
		});
		expect(at(json, 'data')).not.toHaveProperty('result_url');
		expect(on.simulator.ledger).toMatchObject([{ id, refunded: true }]);
	});

	it('can be a failure with a reason, refunded', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails', reason: 'GPU on fire' } });
		const id = await createTask(on);
		on.pass(65);
		expect(await readTask(on, id)).toMatchObject({
			data: { status: 'FAILURE', progress: '50%', fail_reason: 'GPU on fire' },
		});
		expect(on.simulator.ledger).toMatchObject([{ refunded: true }]);
	});

	it('can be never to end', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		const id = await createTask(on);
		on.pass(7 * 24 * 60 * 60);
		expect(await readTask(on, id)).toMatchObject({ data: { status: 'IN_PROGRESS', progress: '99%' } });
	});

	it('can be success without any link', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskUrlMissing' } });
		const id = await createTask(on, { return_last_frame: true });
		on.pass(65);
		const json = await readTask(on, id);
		expect(json).toMatchObject({ data: { status: 'SUCCESS', fail_reason: '', data: { content: {} } } });
		expect(JSON.stringify(json)).not.toContain('http');
	});

	it('can be a status that no document has', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskStatus', status: 'UNKNOWN' } });
		const id = await createTask(on);
		on.pass(1000);
		expect(await readTask(on, id)).toMatchObject({ data: { status: 'UNKNOWN' } });
	});
});
