import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAsset, createJob, ask, readJob } from './apiframeSupport';
import * as ark from './arkSupport';
import * as piapi from './piapiSupport';
import { activeAsset, at, call, closeAll, createGroup, createTask, fetchUrl, image, picture, probe, readTask, stage, text, textAt, type Stage } from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(60_000);

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'seedance-state-'));
});

afterEach(async () => {
	await closeAll();
	rmSync(folder, { recursive: true, force: true });
});

/** A second start, some minutes later. */
async function startAgain(first: Stage): Promise<Stage> {
	await closeAll();
	const again = await stage({ stateFolder: folder });
	again.pass((first.nowMs() - again.nowMs()) / 1000 + 300);
	return again;
}

it('keeps the groups, assets and tasks of a gateway, and the files that tasks are made of', async () => {
	const first = await stage({ stateFolder: folder });
	const groupId = await createGroup(first, 'Mia');
	const assetId = await activeAsset(first, groupId, picture('640x640'));
	const taskId = await createTask(first, {
		content: [text('She smiles'), image(`asset://${assetId}`, 'first_frame')],
		duration: 4,
		resolution: '480p',
	});

	const again = await startAgain(first);
	const groups = await call(again, '/volc/asset/ListAssetGroups', { model: 'volc-asset', Filter: {} });
	expect(at(groups.json, 'Items', 0, 'Id')).toBe(groupId);
	const asset = (await call(again, '/volc/asset/GetAsset', { Id: assetId })).json;
	expect(asset).toMatchObject({ Status: 'Active', GroupId: groupId });
	expect((await fetchUrl(textAt(asset, 'URL'))).statusCode).toBe(200);

	const task = await readTask(again, taskId);
	expect(at(task, 'data', 'status')).toBe('SUCCESS');
	const { bytes } = await fetchUrl(textAt(task, 'data', 'result_url'));
	expect(at(probe(bytes), 'format', 'duration')).toMatch(/^4\./);
	// A new task can cite what was there before.
	expect(await createTask(again, { content: [image(`asset://${assetId}`, 'first_frame')] })).toMatch(/^asyntask_/);
});

it('keeps the assets and tasks of PiAPI', async () => {
	const first = await stage({ stateFolder: folder });
	const assetId = await piapi.assetId(first, { url: 'https://example.com/mia.png' });
	const taskId = await piapi.taskId(first);
	const again = await startAgain(first);
	expect((await piapi.getAsset(again, assetId)).json).toMatchObject({ status: 'Active', name: 'mia.png' });
	expect(at((await piapi.readTask(again, taskId)).json, 'data', 'status')).toBe('completed');
});

it('keeps the assets and jobs of Apiframe', async () => {
	const first = await stage({ stateFolder: folder });
	const assetId = await createAsset(first);
	const jobId = await createJob(first);
	const again = await startAgain(first);
	expect((await ask(again, `/v2/assets/${assetId}`)).json).toMatchObject({ status: 'Active' });
	expect(await readJob(again, jobId)).toMatchObject({ status: 'COMPLETED' });
});

it('keeps the groups, assets and tasks of ModelArk', async () => {
	const first = await stage({ stateFolder: folder });
	const assetId = await ark.createAsset(first, await ark.createGroup(first));
	const taskId = await ark.createTask(first);
	const again = await startAgain(first);
	const asset = (await ark.control(again, 'GetAsset', { Id: assetId })).json;
	expect(asset).toMatchObject({ Result: { Id: assetId, Status: 'Active' } });
	expect((await ark.readTask(again, taskId)).json).toMatchObject({ status: 'succeeded' });
	expect((await ark.readTask(again, taskId, { region: 'china' })).statusCode).toBe(404);
});

it('keeps each provider apart, and an asset that is deleted stays deleted', async () => {
	const first = await stage({ stateFolder: folder });
	const groupId = await createGroup(first, 'Mia');
	const assetId = await activeAsset(first, groupId, picture('640x640'));
	await call(first, '/volc/asset/DeleteAsset', { model: 'volc-asset', Id: assetId });
	const again = await startAgain(first);
	expect((await call(again, '/volc/asset/GetAsset', { Id: assetId })).statusCode).toBe(404);
	const elsewhere = { model: 'volc-asset', Filter: {} };
	const groups = (await call(again, '/volc/asset/ListAssetGroups', elsewhere, { provider: 'alad' })).json;
	expect(at(groups, 'Items')).toEqual([]);
});

it('has it all even if it is not closed, as when the computer goes out', async () => {
	const first = await stage({ stateFolder: folder });
	const taskId = await createTask(first);
	const again = await stage({ stateFolder: folder });
	again.pass(10);
	expect(at(await readTask(again, taskId), 'data', 'task_id')).toBe(taskId);
});

it('forgets everything without a folder', async () => {
	const first = await stage();
	const taskId = await createTask(first);
	await closeAll();
	expect(await readTask(await stage(), taskId)).toMatchObject({ code: 'task_not_exist' });
});
