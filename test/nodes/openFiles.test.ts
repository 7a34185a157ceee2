import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { chooseBinaryMode } from '../../harness/engine/engine';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { Lab } from '../support/lab';

/** How many files are open at the same time: a process may open only so many. */

const maxOpenFiles = 10;
const fileCount = 40;

let lab: Lab;
let opened: Array<Awaited<ReturnType<BinaryDataService['getAsStream']>>>;
let mostOpenFiles: number;
const openFiles = () => opened.filter(({ destroyed }) => !destroyed).length;
beforeEach(async () => {
	lab = await Lab.open();
	[opened, mostOpenFiles] = [[], 0];
	await chooseBinaryMode('filesystem');
	const service = Container.get(BinaryDataService);
	const open = service.getAsStream.bind(service);
	jest.spyOn(service, 'getAsStream').mockImplementation(async (...file) => {
		const stream = await open(...file);
		opened.push(stream);
		mostOpenFiles = Math.max(mostOpenFiles, openFiles());
		return stream;
	});
});
afterEach(async () => {
	jest.restoreAllMocks();
	await lab.close();
});

async function itemsWith(kind: 'image' | 'video'): Promise<INodeExecutionData[]> {
	const { data, ...file } = (await sampleFiles())[kind];
	const kept = await Container.get(BinaryDataService).store(
		{ type: 'execution', workflowId: 'files', executionId: '1' },
		Buffer.from(data, 'base64'),
		{ ...file, data: '' },
	);
	return Array.from({ length: fileCount }, () => ({ json: {}, binary: { data: kept } }));
}

async function check(items: INodeExecutionData[], parameters: INodeParameters) {
	const fields = { provider: 'piapi', operation: 'check', mode: 'multimodalReference', prompt: 'Move like @video1', ...parameters };
	const checked = await lab.items('seedanceGenerate', fields, { items, host: lab.host({ binaryMode: 'filesystem' }) });
	return checked.map(({ json }) => json);
}

it('is bounded for the videos of many items, whose lengths an estimate needs', async () => {
	const checked = await check(await itemsWith('video'), { videos: { video: [{ source: 'binary' }] } });
	expect(checked).toHaveLength(fileCount);
	expect(checked[0]).toMatchObject({ isValid: true });
	expect(mostOpenFiles).toBeGreaterThan(1);
	expect(mostOpenFiles).toBeLessThanOrEqual(maxOpenFiles);
	expect(openFiles()).toBe(0);
});

it('is bounded for one video of all input items', async () => {
	const parameters = { prompt: 'Like @image1', images: { image: [{ source: 'binary' }] }, options: { useAllItems: true } };
	const checked = await check(await itemsWith('image'), parameters);
	expect(checked).toMatchObject([{ isValid: false, problems: expect.arrayContaining([expect.stringContaining(`there are ${fileCount}`)]) }]);
	expect(mostOpenFiles).toBeGreaterThan(1);
	expect(mostOpenFiles).toBeLessThanOrEqual(maxOpenFiles);
	expect(openFiles()).toBe(0);
});
