import { ask, createAsset, createJob, generate, invalid, readJob, uploadFile, uuid } from './apiframeSupport';
import { at, closeAll, fetchUrl, picture, probe, stage, textAt, type Stage } from './support';

afterEach(closeAll);

const daySeconds = 24 * 60 * 60;

describe('creating a job', () => {
	it('answers 202 with its ID', async () => {
		const { statusCode, json } = await generate(await stage());
		expect(statusCode).toBe(202);
		expect(json).toEqual({ jobId: uuid, status: 'QUEUED' });
	});

	it('is billed once, however often it is read', async () => {
		const on = await stage();
		const id = await createJob(on);
		await readJob(on, id);
		await readJob(on, id);
		expect(on.simulator.ledger).toEqual([
			{
				provider: 'apiframe',
				atMs: on.nowMs(),
				kind: 'generation',
				id,
				model: 'seedance-2',
				requestId: on.simulator.calls[0]?.requestId,
				refunded: false,
				charge: { amount: 160, unit: 'credits' },
			},
		]);
	});
});

describe('reading a job', () => {
	it('follows the clock from QUEUED to COMPLETED', async () => {
		const on = await stage();
		const id = await createJob(on, { duration: 5 });
		const seen: unknown[] = [];
		for (const seconds of [0, 4, 1, 30, 29, 1]) {
			on.pass(seconds);
			const json = await readJob(on, id);
			seen.push([at(json, 'status'), at(json, 'progress'), at(json, 'completedAt')]);
		}
		expect(seen).toEqual([
			['QUEUED', 0, null],
			['QUEUED', 0, null],
			['PROCESSING', 0, null],
			['PROCESSING', 49, null],
			['PROCESSING', 97, null],
			['COMPLETED', 100, '2026-04-27T16:01:05.000Z'],
		]);
	});

	it('tells everything the openapi document has', async () => {
		const on = await stage();
		const seedanceParams = { duration: 5, resolution: '480p' };
		const id = await createJob(on, seedanceParams, { webhookUrl: 'https://example.com/hook' });
		expect(await readJob(on, id)).toEqual({
			id,
			status: 'QUEUED',
			model: 'seedance-2',
			progress: 0,
			result: null,
			error: null,
			creditCost: 50,
			webhookStatus: 'pending',
			createdAt: '2026-04-27T16:00:00.000Z',
			completedAt: null,
			expired: false,
			input: { model: 'seedance-2', prompt: 'A cat playing piano', seedanceParams },
		});
		expect(await readJob(on, await createJob(on))).toMatchObject({ webhookStatus: null });
	});

	it('has a last frame only when it was asked for', async () => {
		const on = await stage();
		const plain = await createJob(on);
		const wanted = await createJob(on, { return_last_frame: true });
		on.pass(65);
		expect(at(await readJob(on, plain), 'result')).toEqual({ videoUrl: expect.stringMatching(/\.mp4\?/) });
		expect(textAt(await readJob(on, wanted), 'result', 'lastFrameUrl')).toMatch(/\.png\?/);
	});

	it('can have the link as plain text', async () => {
		const on = await stage({ apiframe: { result: 'text' } });
		const id = await createJob(on);
		on.pass(65);
		expect(textAt(await readJob(on, id), 'result')).toContain(`${on.simulator.storageUrl}/videos/${id}.mp4?`);
	});

	it('keeps the same link for 24 hours, then has none and is expired', async () => {
		const on = await stage();
		const id = await createJob(on);
		on.pass(65);
		const url = textAt(await readJob(on, id), 'result', 'videoUrl');
		on.pass(daySeconds - 1);
		expect(await readJob(on, id)).toMatchObject({ result: { videoUrl: url }, expired: false });
		on.pass(1);
		expect(await readJob(on, id)).toMatchObject({ status: 'COMPLETED', result: null, expired: true });
		expect(await fetchUrl(url, { method: 'HEAD' })).toMatchObject({ statusCode: 403 });
	});

	it('lets the link live as long as the options say', async () => {
		const on = await stage({ videoLinkSeconds: 60 });
		const id = await createJob(on);
		on.pass(65 + 59);
		expect(await readJob(on, id)).toMatchObject({ expired: false });
		on.pass(1);
		expect(await readJob(on, id)).toMatchObject({ expired: true });
	});

	it('tells an ID that is none from one that is unknown or of another team', async () => {
		const on = await stage();
		const path = `/v2/jobs/${await createJob(on)}`;
		const notFound = { statusCode: 404, json: { error: 'Job not found' } };
		expect(await ask(on, '/v2/jobs/asyntask_x')).toMatchObject({
			statusCode: 400,
			json: { error: 'Invalid job ID' },
		});
		expect(await ask(on, '/v2/jobs/00000000-0000-0000-0000-000000000abc')).toMatchObject(notFound);
		expect(await ask(on, path, undefined, { key: on.simulator.otherApiKey })).toMatchObject(notFound);
	});
});

it('the link leads to the video that was asked for, made of the references', async () => {
	const on = await stage();
	const upload = await uploadFile(on, picture('640x640'));
	const asset = await createAsset(on, textAt(upload.json, 'url'));
	on.pass(6);
	const id = await createJob(on, {
		start_image: `asset://${asset}`,
		aspect_ratio: 'adaptive',
		resolution: '480p',
		duration: 4,
		return_last_frame: true,
	});
	on.pass(65);
	const result = at(await readJob(on, id), 'result');
	const video = await fetchUrl(textAt(result, 'videoUrl'));
	expect(video).toMatchObject({ statusCode: 200, headers: { 'content-type': 'video/mp4' } });
	const facts = probe(video.bytes);
	expect(Number(at(facts, 'format', 'duration'))).toBeCloseTo(4, 0);
	expect(at(facts, 'streams')).toMatchObject([
		{ codec_name: 'h264', width: 640, height: 640, avg_frame_rate: '24/1' },
		{ codec_name: 'aac' },
	]);
	const frame = await fetchUrl(textAt(result, 'lastFrameUrl'));
	expect(at(probe(frame.bytes), 'streams', 0)).toMatchObject({ codec_name: 'png', width: 640, height: 640 });
});

describe('the fate of a job', () => {
	const failures = [
		[{ kind: 'taskModerated' }, 'Provider returned an error: content policy violation'],
		[{ kind: 'taskFails' }, 'Provider returned an error: internal error'],
		[{ kind: 'taskFails', reason: 'GPU on fire' }, 'GPU on fire'],
	] as const;

	it.each(failures)('can be %j: FAILED, no progress, no cost, refunded', async (effect, error) => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect });
		const id = await createJob(on);
		on.pass(64);
		expect(on.simulator.ledger).toMatchObject([{ refunded: false }]);
		on.pass(1);
		expect(await readJob(on, id)).toMatchObject({
			status: 'FAILED',
			progress: 0,
			result: null,
			error,
			creditCost: 0,
			completedAt: '2026-04-27T16:01:05.000Z',
			expired: false,
		});
		expect(on.simulator.ledger).toMatchObject([{ id, refunded: true }]);
	});

	it('can be never to end', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskNeverEnds' } });
		const id = await createJob(on);
		on.pass(7 * daySeconds);
		expect(await readJob(on, id)).toMatchObject({ status: 'PROCESSING', progress: 99, result: null });
	});

	it('can be COMPLETED without any link', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskUrlMissing' } });
		const id = await createJob(on, { return_last_frame: true });
		on.pass(65);
		expect(await readJob(on, id)).toMatchObject({ status: 'COMPLETED', result: {} });
		expect(JSON.stringify(await readJob(on, id))).not.toContain('http');
	});

	it.each(['CANCELLED', 'PAUSED'])('can be the status %s', async (status) => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskStatus', status } });
		const id = await createJob(on);
		on.pass(1000);
		expect(await readJob(on, id)).toMatchObject({ status, result: null, error: null });
	});
});

describe('credits', () => {
	const creditsOf = async (on: Stage, key?: string) =>
		at((await ask(on, '/v2/me', undefined, { key })).json, 'team', 'credits');

	it('are taken when a job is made, and given back when it fails', async () => {
		const on = await stage({ apiframe: { credits: 1000 } });
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'taskFails' } });
		await createJob(on, { duration: 5, resolution: '720p' });
		await createJob(on, { duration: 4, resolution: '480p' });
		expect(await creditsOf(on)).toBe(1000 - 100 - 40);
		expect(await creditsOf(on, on.simulator.otherApiKey)).toBe(1000);
		on.pass(65);
		expect(await creditsOf(on)).toBe(1000 - 40);
	});

	it('that do not suffice are told with what is needed, and nothing is billed', async () => {
		const on = await stage({ apiframe: { credits: 100 } });
		expect(await generate(on, { duration: 10, resolution: '1080p' })).toMatchObject({
			statusCode: 402,
			json: { error: 'Insufficient credits', creditsRequired: 450, creditsAvailable: 100 },
		});
		expect(on.simulator.ledger).toEqual([]);
		expect(await generate(on, { duration: 5, resolution: '720p' })).toMatchObject({ statusCode: 202 });
	});
});

describe('an idempotency key', () => {
	const withKey = (key: string) => ({ headers: { 'Idempotency-Key': key } });

	it('makes a repeat get the same job, without a second bill, for 24 hours', async () => {
		const on = await stage({ apiframe: { credits: 100 } });
		const create = async () => await generate(on, { duration: 5 }, {}, withKey('k'));
		const first = await create();
		on.pass(daySeconds - 1);
		// The job is long done and the credits are spent: the first answer comes all the same.
		expect(await create()).toMatchObject({ statusCode: 202, json: first.json });
		expect(on.simulator.ledger).toHaveLength(1);
		on.pass(1);
		expect(await create()).toMatchObject({ statusCode: 402 });
		expect(on.simulator.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['k', 'k', 'k']);
	});

	it('is good for a new job after 24 hours', async () => {
		const on = await stage();
		const first = await generate(on, {}, {}, withKey('k'));
		on.pass(daySeconds);
		const second = await generate(on, {}, {}, withKey('k'));
		expect(at(second.json, 'jobId')).not.toBe(at(first.json, 'jobId'));
		expect(on.simulator.ledger).toHaveLength(2);
	});

	it('with another body is 409', async () => {
		const on = await stage();
		await generate(on, { duration: 5 }, {}, withKey('k'));
		expect(await generate(on, { duration: 6 }, {}, withKey('k'))).toMatchObject({
			statusCode: 409,
			json: { error: 'Idempotency key was already used with a different request body' },
		});
		expect(on.simulator.ledger).toHaveLength(1);
	});

	it('is the same for the same body in another order', async () => {
		const on = await stage();
		const first = await generate(on, { duration: 5, seed: 1 }, {}, withKey('k'));
		const second = await generate(on, { seed: 1, duration: 5 }, {}, withKey('k'));
		expect(second.json).toEqual(first.json);
	});

	it('belongs to one team', async () => {
		const on = await stage();
		await generate(on, {}, {}, withKey('k'));
		await generate(on, {}, {}, { ...withKey('k'), key: on.simulator.otherApiKey });
		expect(on.simulator.ledger).toHaveLength(2);
	});

	it('finds the job whose answer was lost', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'tasks.create', effect: { kind: 'reset', afterAcceptance: true } });
		await expect(generate(on, {}, {}, withKey('k'))).rejects.toThrow();
		const { json } = await generate(on, {}, {}, withKey('k'));
		expect(on.simulator.ledger).toMatchObject([{ id: at(json, 'jobId') }]);
	});

	it('finds a job that is just being made', async () => {
		const on = await stage();
		const link = textAt((await uploadFile(on, picture('640x480'))).json, 'url');
		const create = async () => await generate(on, { start_image: link }, {}, withKey('k'));
		const answers = await Promise.all([create(), create(), create()]);
		expect(new Set(answers.map(({ json }) => at(json, 'jobId'))).size).toBe(1);
		expect(on.simulator.ledger).toHaveLength(1);
	});

	it('is not used up by a request that is refused', async () => {
		const on = await stage();
		await generate(on, { duration: 3 }, {}, withKey('k'));
		expect(await generate(on, { duration: 4 }, {}, withKey('k'))).toMatchObject({ statusCode: 202 });
	});

	it('has at most 255 characters', async () => {
		const on = await stage();
		expect(await generate(on, {}, {}, withKey('k'.repeat(255)))).toMatchObject({ statusCode: 202 });
		expect(await generate(on, {}, {}, withKey('k'.repeat(256)))).toMatchObject({ statusCode: 400 });
	});

	it('is not missed by those who send none', async () => {
		const on = await stage();
		expect(await createJob(on)).not.toBe(await createJob(on));
	});
});

describe('listing jobs', () => {
	const list = async (on: Stage, query = '') => (await ask(on, `/v2/jobs${query}`)).json;
	const idsOf = (json: unknown) => {
		const jobs = at(json, 'jobs');
		return Array.isArray(jobs) ? jobs.map((job) => at(job, 'id')) : [];
	};

	it('gives pages, newest first, that newer jobs do not shift', async () => {
		const on = await stage();
		const made: string[] = [];
		for (let index = 0; index < 5; index += 1) {
			made.unshift(await createJob(on));
			on.pass(1);
		}
		expect(await list(on, '?limit=5')).toMatchObject({ nextCursor: null, hasMore: false });
		const first = await list(on, '?limit=2');
		expect(first).toMatchObject({ nextCursor: expect.any(String), hasMore: true });
		expect(idsOf(first)).toEqual(made.slice(0, 2));
		await createJob(on);
		const second = await list(on, `?limit=2&cursor=${textAt(first, 'nextCursor')}`);
		expect(idsOf(second)).toEqual(made.slice(2, 4));
		const third = await list(on, `?limit=2&cursor=${textAt(second, 'nextCursor')}`);
		expect(third).toMatchObject({ nextCursor: null, hasMore: false });
		expect(idsOf(third)).toEqual(made.slice(4));
	});

	it('tells jobs of the same moment apart', async () => {
		const on = await stage();
		const made = [await createJob(on), await createJob(on), await createJob(on)];
		const first = await list(on, '?limit=2');
		const second = await list(on, `?limit=2&cursor=${textAt(first, 'nextCursor')}`);
		expect([...idsOf(first), ...idsOf(second)]).toEqual(made.sort().reverse());
	});

	it('has 20 jobs a page, each as it is read, but without its input', async () => {
		const on = await stage();
		const ids = await Promise.all(Array.from({ length: 21 }, async () => await createJob(on)));
		const json = await list(on);
		expect(idsOf(json)).toHaveLength(20);
		expect(at(json, 'jobs', 0)).not.toHaveProperty('input');
		expect(await readJob(on, textAt(json, 'jobs', 0, 'id'))).toMatchObject(at(json, 'jobs', 0) ?? {});
		expect(idsOf(await list(on, '?limit=100')).sort()).toEqual(ids.sort());
	});

	it('is filtered by status, model and ID', async () => {
		const on = await stage();
		const done = await createJob(on);
		on.pass(65);
		const fast = await createJob(on, {}, { model: 'seedance-2-fast' });
		expect(idsOf(await list(on, '?status=COMPLETED'))).toEqual([done]);
		expect(idsOf(await list(on, '?status=CANCELLED'))).toEqual([]);
		expect(idsOf(await list(on, '?model=seedance-2-fast'))).toEqual([fast]);
		expect(idsOf(await list(on, `?search=${done}`))).toEqual([done]);
		expect(await list(on, '?include_models=true')).toMatchObject({ models: ['seedance-2', 'seedance-2-fast'] });
		expect(await list(on)).not.toHaveProperty('models');
	});

	it('has the jobs of the own team only', async () => {
		const on = await stage();
		await createJob(on);
		const { json } = await ask(on, '/v2/jobs', undefined, { key: on.simulator.otherApiKey });
		expect(json).toEqual({ jobs: [], nextCursor: null, hasMore: false });
	});

	it.each([
		['limit=0', 'limit', 'Too small: expected number to be >=1'],
		['limit=101', 'limit', 'Too big: expected number to be <=100'],
		['limit=x', 'limit', 'Invalid input: expected int, received number'],
		['status=done', 'status', 'Invalid option: expected one of "QUEUED"|"PROCESSING"|"COMPLETED"|"FAILED"|"CANCELLED"'],
		['search=x', 'search', 'Invalid UUID'],
	])('refuses %s', async (query, field, message) => {
		expect(await ask(await stage(), `/v2/jobs?${query}`)).toMatchObject(invalid({ [field]: [message] }));
	});

	it('refuses a cursor it never gave', async () => {
		expect(await ask(await stage(), '/v2/jobs?cursor=2')).toMatchObject({
			statusCode: 400,
			json: { error: 'Invalid cursor' },
		});
	});
});
