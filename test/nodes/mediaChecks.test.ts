import type { IBinaryData, IBinaryKeyData, INodeParameters } from 'n8n-workflow';
import { describeInterval, megabyte } from '../../nodes/shared/quantities';
import { openFileHost, type FileHost } from '../support/fileHost';
import { byId, Lab, simulatedProviders, takesFiles } from '../support/lab';
import { sampleFiles } from '../../harness/media/sampleFiles';
import { makePicture, makeSound, makeVideo } from '../support/mediaFiles';


const binaryOf = (fileName: string, mimeType: string, bytes: Buffer): IBinaryData => ({
	data: bytes.toString('base64'),
	mimeType,
	fileName,
	fileExtension: fileName.split('.')[1],
});
const dataUriOf = (mimeType: string, bytes: Buffer) => `data:${mimeType};base64,${bytes.toString('base64')}`;
const withFiles = (...binaries: IBinaryKeyData[]) => ({ items: binaries.map((binary) => ({ json: {}, binary })) });

/** What is found out about files before anything is sent or paid, on n8n's engine. */
describe.each(simulatedProviders)('Files for %s', (_name, provider, adapter) => {
	const { displayName, mediaLimits, uploads } = adapter;
	const hasFiles = takesFiles(adapter);
	const [model] = adapter.videoModels;
	let lab: Lab;
	let group: INodeParameters = {};
	beforeEach(async () => {
		lab = await Lab.open({ taskQueueSeconds: 1, taskRunSeconds: 1 });
		group = adapter.assetGroups ? { groupId: byId('group-1') } : {};
	});
	afterEach(async () => await lab.close());

	const createAsset = async (parameters: INodeParameters, options = {}) =>
		await lab.run('asset', { provider, operation: 'create', source: 'binary', binaryPropertyName: 'file', ...group, ...parameters }, options);
	const generate = async (parameters: INodeParameters, options = {}) =>
		await lab.run(
			'seedanceGenerate',
			{ provider, operation: 'generate', prompt: 'A cat', waitForCompletion: 'dontWait', downloadVideo: false, ...parameters },
			options,
		);
	/** The list of the models' prices may have been read for the estimate, free of charge. */
	const expectNothingSent = () => {
		expect(lab.simulator.calls.map(({ route }) => route).filter((route) => route !== 'models.list')).toEqual([]);
		expect(lab.simulator.storageCalls).toEqual([]);
		expect(lab.paid()).toEqual([]);
	};

	it('are known by their content: a picture that is named as a video makes no asset of a video', async () => {
		const file = binaryOf('clip.mp4', 'video/mp4', await makePicture('png', 640, 640));
		const { error } = await createAsset({ mediaType: 'video' }, withFiles({ file }));
		expect(error?.message).toBe('clip.mp4 (Input Binary Field) is of format PNG by its content; a video is needed.');
		expect(error?.description).toContain('Nothing was paid.');
		expectNothingSent();
	});

	it('are known by their content: a picture that is named as a video is not cited', async () => {
		const file = binaryOf('clip.mp4', 'video/mp4', await makePicture('png', 640, 640));
		const { error } = await generate(
			{ mode: 'videoExtension', videos: { video: [{ source: 'binary', binaryPropertyName: 'file' }] } },
			withFiles({ file }),
		);
		expect(error?.message).toContain('clip.mp4 (Videos 1) is of format PNG by its content');
		expectNothingSent();
	});

	/** What the provider was sent of a file: its name and MIME type, as far as its API tells them. */
	const sentAs = () => {
		const [call] = [...lab.callsOf('uploads.create'), ...lab.callsOf('assets.create'), ...lab.callsOf('tasks.create')];
		const text = JSON.stringify(call?.body);
		return {
			names: [...text.matchAll(/"(?:name|file_name)":"([^"]*)"/g)].map(([, name]) => name),
			types: [...text.matchAll(/(?:"type":"|data:)((?:image|video|audio)\/[\w-]+)/g)].map(([, type]) => type),
		};
	};
	const expectSentAs = (name: string, type: string) => {
		const { names, types } = sentAs();
		expect(names.filter((sent) => sent !== name)).toEqual([]);
		expect(types.filter((sent) => sent !== type)).toEqual([]);
		expect(names.length + types.length).toBeGreaterThan(0);
	};

	it.each([
		['x.png', 'image/png', 'x.jpg'],
		['photo.photo', 'image/jpg', 'photo.photo.jpg'],
		['hero shot v1.2', 'image/jpeg', 'hero shot v1.2.jpg'],
		['photo.jfif', 'image/pjpeg', 'photo.jpg'],
		['file', 'application/octet-stream', 'file.jpg'],
	])('go out as what they are: a JPEG that is called %s of type %s', async (fileName, mimeType, sentName) => {
		const file = binaryOf(fileName, mimeType, await makePicture('jpg', 640, 640));
		const cited = await generate(
			{ mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'file' },
			withFiles({ file }),
		);
		expect(cited.error).toBeUndefined();
		expectSentAs(sentName, 'image/jpeg');
		if (!hasFiles) return;
		await lab.close();
		lab = await Lab.open();
		const made = await createAsset({ waitUntilActive: false }, withFiles({ file }));
		expect(lab.callsOf(uploads ? 'uploads.create' : 'assets.create')).toHaveLength(1);
		expectSentAs(sentName, 'image/jpeg');
		expect(made.error?.message ?? '').not.toContain('a file of type');
	});

	it.each(['image/jpg', 'image/png'])('go out as what they are: a JPEG in a data URI of type %s', async (mimeType) => {
		const dataUri = dataUriOf(mimeType, await makePicture('jpg', 640, 640));
		const { error } = await generate({ mode: 'firstFrame', firstFrameSource: 'dataUri', firstFrameDataUri: dataUri });
		expect(error).toBeUndefined();
		expectSentAs('file.jpg', 'image/jpeg');
		if (!hasFiles) return;
		await lab.close();
		lab = await Lab.open();
		await createAsset({ source: 'base64', base64: dataUri, waitUntilActive: false });
		expectSentAs('file.jpg', 'image/jpeg');
	});

	it('that are a text, a page or nothing are refused everywhere, also if the check is switched off', async () => {
		const page = Buffer.from('\ufeff<!-- a proxy -->\n<html>Not Found');
		const contents = { page, text: Buffer.from('BMW builds cars'), nothing: Buffer.alloc(0) };
		const shown = { page: 'is of format HTML', text: 'is of format TEXT', nothing: 'is empty' };
		for (const name of ['page', 'text', 'nothing'] as const) {
			const file = binaryOf('face.png', 'image/png', contents[name]);
			const uri = dataUriOf('image/png', contents[name]);
			const options = { checkFiles: false };
			const frame = (source: string) => ({ mode: 'firstFrame', firstFrameSource: source, options });
			const runs = [
				await createAsset({ options }, withFiles({ file })),
				await createAsset({ source: 'base64', base64: uri, options }),
				await generate({ ...frame('binary'), firstFrameBinaryPropertyName: 'file' }, withFiles({ file })),
				await generate({ ...frame('dataUri'), firstFrameDataUri: uri }),
				await generate({ ...frame('url'), firstFrameUrl: uri }),
			];
			for (const { error } of runs) expect(error?.message).toContain(shown[name]);
		}
		expectNothingSent();
	});

	it('that break a documented limit make no asset, and all that is wrong is named', async () => {
		if (!mediaLimits) {
			expect(displayName).toBe('Apiframe');
			return;
		}
		const file = binaryOf('clip.mp4', 'video/mp4', await makeVideo({ seconds: 19.5, framesPerSecond: '10' }));
		const { error } = await createAsset({}, withFiles({ file }));
		expect(error?.description).toContain(`clip.mp4 (Input Binary Field) is 19.5 s long; ${displayName} takes 2–15 s.`);
		expect(error?.description).toContain(`clip.mp4 (Input Binary Field) has 10 frames per second; ${displayName} takes 24–60 frames per second.`);
		expectNothingSent();
		const base64 = (await makePicture('png', 200, 250)).toString('base64');
		const text = await createAsset({ source: 'base64', base64 });
		expect(`${text.error?.message} ${text.error?.description}`).toContain(`(Base64 or Data URI) has 200 × 250 px; ${displayName} takes ${describeInterval(mediaLimits.image.sidePixels ?? {})} px`);
		expectNothingSent();
	});

	it('that break a documented limit are named together, each by its field, before anything is paid', async () => {
		if (!mediaLimits) {
			expect(displayName).toBe('Apiframe');
			return;
		}
		const { image } = await sampleFiles();
		const { error } = await generate(
			{
				mode: 'multimodalReference',
				images: {
					image: [
						{ source: 'binary', binaryPropertyName: 'good' },
						{ source: 'binary', binaryPropertyName: 'small' },
						{ source: 'dataUri', dataUri: dataUriOf('image/png', await makePicture('png', 1600, 400)) },
					],
				},
				audios: { audio: [{ source: 'binary', binaryPropertyName: 'long' }] },
			},
			withFiles({
				good: image,
				small: binaryOf('face.png', 'image/png', await makePicture('png', 100, 100)),
				long: binaryOf('tune.mp3', 'audio/mpeg', await makeSound('mp3', 20)),
			}),
		);
		const lines = error?.description?.split('\n') ?? [];
		expect(lines.map((line) => line.replace(/ is 20\.\d+ s long/, ' is 20 s long'))).toEqual([
			`face.png (Images 2) has 100 × 100 px; ${displayName} takes ${describeInterval(mediaLimits.image.sidePixels ?? {})} px in width and height. Scale it.`,
			`file.png (Images 3) has 1600 × 400 px, a ratio of 4; ${displayName} takes an aspect ratio of ${describeInterval(mediaLimits.image.aspectRatio ?? {})}. Crop it.`,
			`tune.mp3 (Audio 1) is 20 s long; ${displayName} takes 2–15 s. Cut it, or choose another one.`,
			...(model?.maxReferenceSeconds?.audio ? [expect.stringMatching(/^tune\.mp3 .* is 20 s long together/)] : []),
			'Nothing was paid.',
		]);
		expectNothingSent();
	});

	it('that are of another kind are named together too', async () => {
		const page = binaryOf('face.png', 'image/png', Buffer.from('<html>'));
		const clip = binaryOf('back.png', 'image/png', await makeVideo());
		const images = [{ source: 'binary', binaryPropertyName: 'page' }, { source: 'binary', binaryPropertyName: 'clip' }];
		const { error } = await generate({ mode: 'multimodalReference', images: { image: images } }, withFiles({ page, clip }));
		expect(error?.description?.split('\n')).toEqual([
			'face.png (Images 1) is of format HTML by its content; an image is needed. Check the node that the file comes from: such a file is mostly the page or the text of an error.',
			'back.png (Images 2) is of format MP4 by its content; an image is needed. Give an image, or choose the field for such a file.',
			'Nothing was paid.',
		]);
		expectNothingSent();
	});

	it('of a later item keep an earlier one from being paid', async () => {
		const { image } = await sampleFiles();
		const page = binaryOf('face.png', 'image/png', Buffer.from('<!DOCTYPE html><h1>Not Found</h1>'));
		const { error } = await generate(
			{ mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'file' },
			withFiles({ file: image }, { file: page }),
		);
		expect(error).toMatchObject({ context: { itemIndex: 1 } });
		expect(error?.message).toContain('face.png (First Frame) is of format HTML by its content');
		expectNothingSent();
	});

	it('are sent as they are when the check is switched off', async () => {
		const small = binaryOf('face.png', 'image/png', await makePicture('png', 100, 100));
		const frame = { mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'file' };
		await generate({ ...frame, options: { checkFiles: false } }, withFiles({ file: small }));
		expect(lab.callsOf('tasks.create')).toHaveLength(1);
		if (!hasFiles) return;
		await createAsset({ options: { checkFiles: false }, waitUntilActive: false }, withFiles({ file: small }));
		expect(lab.callsOf('assets.create')).toHaveLength(1);
	});

	it('of an unknown format are left to the provider, with a notice that they were not checked', async () => {
		const odd = binaryOf('face.png', 'image/png', Buffer.from([1, 2, 0xfe, 0, 0x10, 0x99, 0, 0x7f]));
		const twice = withFiles({ file: odd }, { file: odd });
		await createAsset({ waitUntilActive: false }, twice);
		expect(lab.callsOf(uploads ? 'uploads.create' : 'assets.create').length > 0).toBe(hasFiles);
		const { run } = await generate(
			{ mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'file' },
			// What the simulated provider makes of it is another matter.
			{ ...twice, settings: { onError: 'continueRegularOutput' } },
		);
		const told = (run.data.resultData.runData.Node?.[0]?.hints ?? []).filter(({ message }) => message.includes('face.png'));
		expect(told.map(({ message }) => message)).toEqual([
			'The file face.png is of a format that these nodes do not know, so the documented limits were not checked. The provider decides.',
		]);
	});

	it('are chosen by an asterisk for what they are, whatever they are called', async () => {
		const picture = binaryOf('file', 'application/octet-stream', await makePicture('png', 640, 640));
		const clip = binaryOf('face.png', 'image/png', await makeVideo());
		const { error } = await generate(
			{ mode: 'multimodalReference', images: { image: [{ source: 'binary', binaryPropertyName: 'fi*' }] } },
			withFiles({ file: picture, film: clip }),
		);
		expect(error).toBeUndefined();
		expect(lab.paid('generation')).toHaveLength(1);
	});

	it('for an unknown model are not checked against the limits of another one', async () => {
		const small = binaryOf('face.png', 'image/png', await makePicture('png', 100, 100));
		const frame = { mode: 'firstFrame', firstFrameSource: 'binary', firstFrameBinaryPropertyName: 'file' };
		const { error } = await generate({ ...frame, model: byId('seedance-9') }, withFiles({ file: small }));
		expect(error?.message).not.toContain('100 × 100 px');
		expect(lab.callsOf('tasks.create')).toHaveLength(1);
	});

	describe('at a URL', () => {
		let host: FileHost;
		beforeEach(async () => {
			host = await openFileHost({
				'/face.png': { mimeType: 'image/png', sizeBytes: megabyte },
				'/page.png': { mimeType: 'text/html; charset=utf-8', sizeBytes: 100 },
				'/clip.mp4': { mimeType: 'video/mp4', sizeBytes: megabyte },
				'/big.png': { mimeType: 'image/png', sizeBytes: 31 * megabyte },
				'/moved.png': { statusCode: 302, location: '/page.png' },
				'/locked.png': { statusCode: 401 },
				'/forbidden.png': { statusCode: 403, mimeType: 'text/html' },
				'/getOnly.png': { statusCode: 405, mimeType: 'text/html' },
				'/busy.png': { statusCode: 503, mimeType: 'text/html' },
				'/bytes.png': { mimeType: 'application/octet-stream' },
			});
		});
		afterEach(async () => await host.close());

		const generateFrom = async (...names: string[]) =>
			await generate({
				mode: 'multimodalReference',
				images: { image: names.map((name) => ({ source: 'url', url: `${host.url}/${name}` })) },
				options: { checkUrls: true },
			});

		it.each([
			['page.png', 'is of type text/html; an image is needed.'],
			['clip.mp4', 'is of type video/mp4; an image is needed.'],
			['moved.png', 'is of type text/html; an image is needed.'],
			['gone.png', 'answers 404: it has no such file.'],
			['locked.png', 'answers 401: it asks for a login.'],
			...(mediaLimits ? [['big.png', 'has 31 MB; ']] : []),
		])('%s are refused with Check URLs', async (name, why) => {
			const { error } = await generateFrom('face.png', `${name}?signature=abc`);
			expect(error?.message).toContain(`${host.url}/${name} (Images 2) ${why}`);
			expect(error?.message).not.toContain('signature');
			expectNothingSent();
		});

		it('get one request each, which has no key', async () => {
			await generateFrom('face.png', 'bytes.png');
			expect(host.requests.filter(({ method }) => method === 'HEAD').map(({ path }) => path).sort()).toEqual([
				'/bytes.png',
				'/face.png',
			]);
			expect(JSON.stringify(host.requests)).not.toContain(lab.simulator.apiKey);
			expect(lab.callsOf('tasks.create')).toHaveLength(1);
		});

		it.each(['forbidden.png', 'getOnly.png', 'busy.png', 'bytes.png'])('%s are inconclusive, and are sent', async (name) => {
			await generateFrom(name);
			expect(lab.callsOf('tasks.create')).toHaveLength(1);
		});

		it('without an answer are refused with Check URLs', async () => {
			await host.close();
			const { error } = await generateFrom('face.png');
			expect(error?.message).toBe(`${host.url}/face.png (Images 1) does not answer.`);
			expect(error?.description).toContain(`an address that ${displayName} can fetch without a login`);
			expectNothingSent();
		});

		it('are refused for a new asset too', async () => {
			const { error } = await createAsset({ source: 'url', url: `${host.url}/page.png`, options: { checkUrls: true } });
			expect(error?.message).toBe(
				`${host.url}/page.png (URL) is of type text/html; an image is needed.`,
			);
			expectNothingSent();
		});

		it('are not requested without Check URLs', async () => {
			await generate({ mode: 'firstFrame', firstFrameSource: 'url', firstFrameUrl: `${host.url}/page.png` });
			expect(host.requests.filter(({ method }) => method === 'HEAD')).toEqual([]);
			expect(lab.callsOf('tasks.create')).toHaveLength(1);
		});
	});
});

describe('Sounds for Seedance 2.5 at PiAPI', () => {
	it('are too long together though each is short enough', async () => {
		const lab = await Lab.open();
		const tune = binaryOf('tune.mp3', 'audio/mpeg', await makeSound('mp3', 8));
		const { image } = await sampleFiles();
		const entry = { source: 'binary', binaryPropertyName: 'tune' };
		const parameters = {
			provider: 'piapi',
			operation: 'generate',
			mode: 'multimodalReference',
			prompt: 'A cat',
			images: { image: [{ source: 'binary', binaryPropertyName: 'image' }] },
			audios: { audio: [entry, entry] },
			waitForCompletion: 'dontWait',
		};
		const run = async (model: string) =>
			await lab.run('seedanceGenerate', { ...parameters, model: byId(model) }, withFiles({ tune, image }));
		expect((await run('seedance-2.5')).error?.message).toMatch(
			/^tune\.mp3 \(Audio 1\) and tune\.mp3 \(Audio 2\) are 16\.\d+ s long together; PiAPI takes up to 15 s\.$/,
		);
		expect(lab.simulator.calls).toEqual([]);
		await run('seedance-2-less-restriction');
		expect(lab.paid('generation')).toHaveLength(1);
		await lab.close();
	});
});
