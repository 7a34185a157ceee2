import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { byId, Lab } from '../support/lab';

/** A form, Google Drive and others name the binary field as they like: an untouched Binary Field finds the only file that fits. */

const provider = 'anyfast';
let lab: Lab;
beforeEach(async () => (lab = await Lab.open()));
afterEach(async () => await lab.close());

async function itemWith(fields: Record<string, 'image' | 'otherImage' | 'video' | 'audio' | 'document'>): Promise<INodeExecutionData> {
	const { image, video, audio } = await sampleFiles();
	const longer = Buffer.concat([Buffer.from(image.data, 'base64'), Buffer.alloc(1)]).toString('base64');
	const files = {
		image,
		otherImage: { ...image, data: longer },
		video,
		audio,
		document: { data: Buffer.from('a,b\n1,2\n').toString('base64'), mimeType: 'text/csv', fileName: 'rows.csv' },
	};
	return { json: {}, binary: Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, files[kind]])) };
}

const generate = async (parameters: INodeParameters, ...items: INodeExecutionData[]) =>
	await lab.run(
		'seedanceGenerate',
		{ provider, operation: 'generate', prompt: 'A walk', waitForCompletion: 'dontWait', ...parameters },
		{ items },
	);
const sentMedia = () => lab.callsOf('tasks.create').map(({ body }) => JSON.stringify(body).match(/data:[a-z]+\/[a-z\d-]+;base64,[^"]*/g) ?? []);
const withFirstFrame = { mode: 'firstFrame' };
const withImages = (...entries: INodeParameters[]) => ({ mode: 'multimodalReference', images: { image: entries } });

it('is the first frame without a choice, among files of other kinds', async () => {
	const { image } = await sampleFiles();
	const { error } = await generate(withFirstFrame, await itemWith({ Clip: 'video', Picture: 'image', Rows: 'document' }));
	expect(error).toBeUndefined();
	expect(sentMedia()).toEqual([[`data:image/png;base64,${image.data}`]]);
});

it('is found in each item', async () => {
	const items = [await itemWith({ Picture: 'image' }), await itemWith({ Photo: 'image' })];
	expect((await generate(withFirstFrame, ...items)).error).toBeUndefined();
	const all = { ...withImages({}), options: { useAllItems: true } };
	expect((await generate(all, ...items)).error).toBeUndefined();
	expect(sentMedia().map(({ length }) => length)).toEqual([1, 1, 2]);
});

it('is found for each medium of its own', async () => {
	const item = await itemWith({ Picture: 'image', Voice: 'audio' });
	expect((await generate({ ...withImages({}), audios: { audio: [{}] } }, item)).error).toBeUndefined();
	expect(sentMedia().map(({ length }) => length)).toEqual([2]);
});

it('does not matter where the item has the field', async () => {
	const { image } = await sampleFiles();
	expect((await generate(withFirstFrame, await itemWith({ Other: 'otherImage', data: 'image' }))).error).toBeUndefined();
	expect(sentMedia()).toEqual([[`data:image/png;base64,${image.data}`]]);
});

it.each<[string, INodeParameters, Parameters<typeof itemWith>[0]]>([
	['two files fit', withFirstFrame, { One: 'image', Two: 'otherImage' }],
	['none fits', withFirstFrame, { Clip: 'video' }],
	['another field is named', { ...withFirstFrame, firstFrameBinaryPropertyName: 'face' }, { Picture: 'image' }],
	['it would be two frames', { mode: 'firstAndLastFrame' }, { Picture: 'image' }],
	['it would be two references', withImages({}, {}), { Picture: 'image' }],
	['another reference names it', withImages({ binaryPropertyName: 'Picture' }, {}), { Picture: 'image' }],
])('is nobody\'s guess where %s', async (_why, parameters, fields) => {
	const { error } = await generate(parameters, await itemWith(fields));
	expect(`${error?.message} ${error?.description}`).toMatch(/First Frame|Last Frame|Images/);
	expect(lab.simulator.calls).toEqual([]);
});

it('becomes an asset', async () => {
	const [group] = await lab.json('assetGroup', { provider, operation: 'create', name: 'faces' });
	const create = async (parameters: INodeParameters, item: INodeExecutionData) =>
		await lab.run('asset', { provider, operation: 'create', groupId: byId(String(group?.groupId)), ...parameters }, { items: [item] });
	const made = await create({}, await itemWith({ Picture: 'image', Rows: 'document' }));
	expect(made.output[0]?.[0]?.json).toMatchObject({ mediaType: 'image' });
	const chosen = await create({ mediaType: 'video' }, await itemWith({ Picture: 'image', Clip: 'video' }));
	expect(chosen.output[0]?.[0]?.json).toMatchObject({ mediaType: 'video' });
	const unclear = await create({}, await itemWith({ Picture: 'image', Clip: 'video' }));
	expect(unclear.error?.message).toContain('Input Binary Field');
	expect(lab.callsOf('assets.create')).toHaveLength(2);
});
