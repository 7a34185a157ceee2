import { checkVideoTaskInput } from '../../nodes/shared/checks/checkVideoTaskInput';
import type { ProviderAdapter } from '../../nodes/shared/providers/adapter';
import { alad } from '../../nodes/shared/providers/alad';
import { anyfast } from '../../nodes/shared/providers/anyfast';
import { apiframe } from '../../nodes/shared/providers/apiframe';
import { piapi } from '../../nodes/shared/providers/piapi';
import type {
	GenerationMode,
	MediaReference,
	MediaType,
	Medium,
	VideoTaskInput,
} from '../../nodes/shared/vocabulary';
import { videoSettings, type VideoSettings } from '../../nodes/shared/videoSettings';
import { sampleFile } from '../support/answered';
import { startCpuTime } from '../support/cpuTime';

const references = (counts: Partial<Record<MediaType, number>>): MediaReference[] =>
	Object.entries(counts).flatMap(([mediaType, count]) =>
		Array.from({ length: count }, (_, index) => ({
			mediaType: mediaType as MediaType,
			role: 'reference' as const,
			by: 'asGiven' as const,
			medium: { kind: 'asset' as const, assetId: `${mediaType}-${index + 1}` },
		})),
	);

const check = (input: Partial<VideoTaskInput>) =>
	checkVideoTaskInput(anyfast, {
		model: 'seedance',
		mode: 'textToVideo',
		prompt: 'A cat plays the piano',
		references: [],
		settings: {},
		...input,
	});

const fieldsOf = (input: Partial<VideoTaskInput>) => check(input).map(({ field }) => field);

const missingSetting = (provider: ProviderAdapter) => (provider.video.settings.includes('watermark') ? 'cameraFixed' : 'watermark');

describe('References', () => {
	it.each<[GenerationMode, Partial<Record<MediaType, number>>, string[]]>([
		['textToVideo', {}, []],
		['textToVideo', { image: 1 }, ['Images']],
		['firstFrame', { image: 1 }, []],
		['firstFrame', {}, ['Images']],
		['firstFrame', { image: 2 }, ['Images']],
		['firstAndLastFrame', { image: 2 }, []],
		['firstAndLastFrame', { image: 1 }, ['Images']],
		['firstAndLastFrame', { image: 2, video: 1 }, ['Videos']],
		['multimodalReference', { image: 9, video: 3, audio: 3 }, []],
		['multimodalReference', { image: 10 }, ['Images']],
		['multimodalReference', { video: 4 }, ['Videos']],
		['multimodalReference', { image: 1, audio: 4 }, ['Audio']],
		['multimodalReference', { audio: 1 }, ['Images and Videos']],
		['multimodalReference', {}, ['Images and Videos']],
		['videoEditing', { image: 1, video: 1 }, []],
		['videoEditing', { video: 1 }, ['Images']],
		['videoEditing', { image: 1 }, ['Videos']],
		['videoEditing', { image: 1, video: 1, audio: 1 }, ['Audio']],
		['videoExtension', { video: 3 }, []],
		['videoExtension', { video: 4 }, ['Videos']],
		['videoExtension', { image: 1, video: 1 }, ['Images']],
	])('of %s as %j give problems with %j', (mode, counts, expected) => {
		expect(fieldsOf({ mode, references: references(counts) })).toEqual(expected);
	});

	it('name what is allowed and what was given', () => {
		expect(check({ mode: 'multimodalReference', references: references({ image: 10 }) })).toEqual([
			{
				field: 'Images',
				message: 'References to Video takes up to 9 images; there are 10.',
				advice: 'Remove 1 of Images, or choose another Mode.',
			},
		]);
	});

	const file = { ...sampleFile, fileName: 'file' };
	const dataUri = (mimeType: string, length = 8): Medium => ({
		kind: 'dataUri',
		dataUri: `data:${mimeType};base64,${'A'.repeat(length)}`,
		file: { ...file, mimeType },
	});
	const url: Medium = { kind: 'url', url: 'https://example.com/a' };
	const picture: Medium = { kind: 'file', file: { ...file, fileName: 'face.png', mimeType: 'image/png' } };
	const clip: Medium = { kind: 'file', file: { ...file, fileName: 'clip.mp4', mimeType: 'video/mp4' } };

	it.each<[MediaType, Medium, MediaReference['by'], string[]]>([
		['image', url, 'asGiven', []],
		['image', dataUri('image/png'), 'asGiven', []],
		['image', { kind: 'asset', assetId: 'asset-1' }, 'asGiven', []],
		['image', picture, 'asGiven', []],
		['image', picture, 'upload', []],
		['image', picture, 'newAsset', []],
		['image', dataUri('audio/mpeg'), 'asGiven', ['Images 1']],
		['image', { kind: 'unknown', text: 'ftp://example.com/a.png' }, 'asGiven', ['Images 1']],
		['image', { kind: 'unknown', text: '' }, 'asGiven', ['Images 1']],
		['video', url, 'asGiven', []],
		['video', clip, 'signedLink', []],
		['video', clip, 'newAsset', []],
		['video', clip, 'asGiven', ['Videos 1']],
		['video', dataUri('video/mp4'), 'asGiven', ['Videos 1']],
	])('of type %s, given as %j and sent by %s, give problems with %j', (mediaType, medium, by, expected) => {
		const visual: MediaReference = { mediaType, role: 'reference', medium, by };
		expect(fieldsOf({ mode: 'multimodalReference', references: [visual] })).toEqual(expected);
	});

	it('explain that a video in a request has to become an asset', () => {
		const [problem] = check({
			mode: 'videoExtension',
			references: [{ mediaType: 'video', role: 'reference', by: 'asGiven', medium: dataUri('video/mp4', 500) }],
		});
		expect(problem?.advice).toContain('make an asset of it');
		expect(problem?.message).toMatch(/^Videos 1 must be a public http\(s\) URL or an asset; it is data:video\/mp4;base64,A{38}…\.$/);
	});

	it.each<[MediaReference['by'], Medium, string]>([
		['newAsset', picture, 'face.png, made into an asset'],
		['newAsset', url, 'https://example.com/a, made into an asset'],
		['upload', picture, 'face.png'],
		['signedLink', picture, 'face.png'],
		['asGiven', picture, 'face.png'],
	])('are named as the person knows them where they are not taken: sent by %s', (by, medium, given) => {
		const none = { image: [], video: [], audio: [] };
		const provider: ProviderAdapter = { ...anyfast, video: { ...anyfast.video, urlForms: none } };
		const input = { model: 'seedance', mode: 'multimodalReference' as const, prompt: 'A cat', settings: {} };
		const reference: MediaReference = { mediaType: 'image', role: 'reference', by, medium };
		expect(checkVideoTaskInput(provider, { ...input, references: [reference] })).toEqual([
			{ field: 'Images 1', message: `AnyFast takes no images; Images 1 is ${given}.`, advice: 'Remove Images 1.' },
		]);
	});
});

describe('Prompt', () => {
	it.each<[GenerationMode, Partial<Record<MediaType, number>>, string[]]>([
		['textToVideo', {}, ['Prompt']],
		['videoEditing', { image: 1, video: 1 }, ['Prompt']],
		['videoExtension', { video: 1 }, ['Prompt']],
		['firstFrame', { image: 1 }, []],
		['firstAndLastFrame', { image: 2 }, []],
		['multimodalReference', { image: 1 }, []],
	])('may be empty or not in %s', (mode, counts, expected) => {
		expect(fieldsOf({ mode, prompt: ' ', references: references(counts) })).toEqual(expected);
	});

	it.each([
		['1000 words', 'word '.repeat(1000), []],
		['1001 words', 'word '.repeat(1001), ['Prompt']],
		['500 Chinese characters', '猫'.repeat(500), []],
		['501 Chinese characters', '猫'.repeat(501), ['Prompt']],
		['500 Chinese characters with punctuation', '猫,'.repeat(500), []],
	])('of %s', (_name, prompt, expected) => {
		expect(fieldsOf({ prompt })).toEqual(expected);
	});

	it.each([
		['@image1 and @Image2', { image: 2 }, []],
		['@image3', { image: 2 }, ['@image3']],
		['@image0', { image: 2 }, ['@image0']],
		['@image1 in @video1 with @audio1', { image: 1 }, ['@video1', '@audio1']],
		['mail me@imagery.com', { image: 1 }, []],
		['Write to me@image2.com or dj@audio2000', { image: 1 }, []],
		['A sign says https://example.com/@video3?of=@image9, see tiktok.com/@video1', { image: 1 }, []],
		['@audio2000 is on the poster, @image100 too', { image: 1 }, []],
		['@images3 and @image3d', { image: 1 }, []],
		['The cat jumps.@image3 follows', { image: 2 }, ['@image3']],
		['让@image3跳舞，@image1站着', { image: 2 }, ['@image3']],
		['"@image3", (@image4)/@image5', { image: 2 }, ['@image3', '@image4', '@image5']],
	])('%p may cite only references that exist', (prompt, counts, expected) => {
		const problems = check({ mode: 'multimodalReference', prompt, references: references(counts) });
		expect(problems.map(({ message }) => /cites (\S+),/.exec(message)?.[1])).toEqual(expected);
	});

	it.each<[string, Partial<Record<MediaType, number>>, string, string]>([
		['@image2', { image: 1 }, 'The Prompt cites @image2, but there is only one image: @image1.', 'Add an image, or change the number in the Prompt.'],
		['@image5', { image: 3 }, 'The Prompt cites @image5, but there is nothing after @image3, the last of the 3 images.', 'Add an image, or change the number in the Prompt.'],
		['@audio1', { image: 1 }, 'The Prompt cites @audio1, but there is no audio file.', 'Add audio (in a Mode that takes it), or take @audio1 out of the Prompt.'],
	])('%p beside %j says what there is, and what to do', (prompt, counts, message, advice) => {
		expect(check({ mode: 'multimodalReference', prompt, references: references(counts) })).toEqual([{ field: 'Prompt', message, advice }]);
	});

	it.each(['a', '@', '@image', 'a.', 'www.', 'https://', '-', 'x.aa', '🐈', '猫'])(
		'of a megabyte of %p is searched for citations in linear time',
		(part) => {
			const cpuMs = startCpuTime();
			check({ model: 'seedance-9', prompt: part.repeat(1_000_000 / part.length) });
			expect(cpuMs()).toBeLessThan(2_000);
		},
	);

	it.each([
		['4000 emoji', '🐈'.repeat(4000), []],
		['one more', '🐈'.repeat(4001), ['The Prompt has 4001 characters; PiAPI takes 4000 at most.']],
	])('of %s counts an emoji as one character', (_name, prompt, expected) => {
		const input = { model: 'seedance-2', mode: 'textToVideo', references: [], settings: {}, prompt } as const;
		expect(checkVideoTaskInput(piapi, input).map(({ message }) => message)).toEqual(expected);
	});

	it.each(['Image 1 beside Image 3', 'Video 8 tapes on a shelf', 'Audio 5 of the series'])(
		'%p may look like a citation in the document of PiAPI: the model ignores one without a reference',
		(prompt) => {
			const input = { model: 'seedance-2-less-restriction', mode: 'multimodalReference', settings: {} } as const;
			expect(checkVideoTaskInput(piapi, { ...input, prompt, references: references({ image: 2, video: 1 }) })).toEqual([]);
		},
	);
});

describe('Settings', () => {
	it.each<[VideoSettings, string[]]>([
		[{}, []],
		[{ durationSeconds: 4 }, []],
		[{ durationSeconds: 15 }, []],
		[{ durationSeconds: 3 }, ['Duration (Seconds)']],
		[{ durationSeconds: 16 }, ['Duration (Seconds)']],
		[{ durationSeconds: 5.5 }, ['Duration (Seconds)']],
		[{ resolution: '1080p' }, []],
		[{ resolution: '4k' }, ['Resolution']],
		[{ ratio: 'adaptive' }, []],
		[{ ratio: '2:1' }, ['Aspect Ratio']],
		[{ seed: -1 }, []],
		[{ seed: 4294967295 }, []],
		[{ seed: -2 }, ['Seed']],
		[{ seed: 4294967296 }, ['Seed']],
		[{ webSearch: true }, []],
	])('%j give problems with %j', (settings, expected) => {
		expect(fieldsOf({ settings })).toEqual(expected);
	});

	it('allow web search in Text to Video only', () => {
		expect(
			fieldsOf({ mode: 'firstFrame', references: references({ image: 1 }), settings: { webSearch: true } }),
		).toEqual(['Web Search']);
	});

	it('depend on the model', () => {
		expect(check({ model: 'seedance-fast', settings: { resolution: '1080p' } })).toMatchObject([
			{ field: 'Resolution', message: 'Resolution must be 480p or 720p with Seedance 2.0 Fast at AnyFast; it is 1080p.' },
		]);
	});

	it('for a longer video than the model makes show who makes longer ones', () => {
		const input = { model: 'seedance', mode: 'textToVideo', prompt: 'A cat', references: [], settings: { durationSeconds: 20 } } as const;
		const [problem] = checkVideoTaskInput(anyfast, input, [anyfast, piapi]);
		expect(problem?.message).toBe('Duration (Seconds) must be a whole number from 4 to 15 with Seedance 2.0 at AnyFast; it is 20.');
		expect(problem?.advice).toBe('Shorten it. Seedance 2.5 at AnyFast makes videos of up to 30 s; or join several shots, or go on from one with Extend Video.');
		expect(checkVideoTaskInput(alad, input)[0]?.advice).toBe('Shorten it. For a longer video join several shots, or go on from one with Extend Video.');
	});

	it('of -1 for the duration are refused where the table of the model does not have it', () => {
		expect(fieldsOf({ settings: { durationSeconds: -1 } })).toEqual(['Duration (Seconds)']);
	});

	it('with several mistakes are all named together', () => {
		expect(
			fieldsOf({ prompt: '', settings: { durationSeconds: 3, seed: 0.5 } }),
		).toEqual(['Prompt', 'Duration (Seconds)', 'Seed']);
		expect(fieldsOf({ model: '', prompt: '' })).toEqual(['Model', 'Prompt']);
	});
});

describe('A model that is in no table of the provider', () => {
	const isTaken: Array<[string, Partial<VideoTaskInput>]> = [
		['thirty images, ten videos and ten sounds', { references: references({ image: 30, video: 10, audio: 10 }) }],
		['a sound alone', { references: references({ audio: 1 }) }],
		['a video alone to edit', { mode: 'videoEditing', references: references({ video: 1 }) }],
		['sounds for a video to edit', { mode: 'videoEditing', references: references({ video: 1, audio: 2 }) }],
		['a video to edit without a prompt', { mode: 'videoEditing', prompt: '', references: references({ video: 1 }) }],
		['a long prompt', { prompt: 'word '.repeat(3000), mode: 'textToVideo' }],
		['30 seconds', { mode: 'textToVideo', settings: { durationSeconds: 30 } }],
		['a length that the model chooses', { mode: 'textToVideo', settings: { durationSeconds: -1 } }],
		['any resolution, aspect ratio and seed', { mode: 'textToVideo', settings: { resolution: '8k', ratio: '5:4', seed: 2 ** 40 } }],
		['web search with references', { references: references({ image: 1 }), settings: { webSearch: true } }],
	];
	const providers = [['AnyFast', anyfast], ['Alad', alad], ['PiAPI', piapi], ['Apiframe', apiframe]] as const;

	describe.each(providers)('at %s', (_name, provider) => {
		const problemsOf = (input: Partial<VideoTaskInput>) =>
			checkVideoTaskInput(provider, {
				model: 'seedance-9',
				mode: 'multimodalReference',
				prompt: 'A cat',
				references: [],
				settings: {},
				...input,
			}).map(({ field }) => field);

		it.each(isTaken)('may have %s', (_what, input) => {
			const withPrompt = provider.video.prompt.isRequired && input.prompt === '' ? { prompt: 'A cat' } : {};
			const { webSearch, seed, ...settings } = input.settings ?? {};
			const offered: VideoSettings = {
				...settings,
				...(webSearch && provider !== piapi && { webSearch }),
				...(seed && provider !== piapi && { seed }),
			};
			expect(problemsOf({ ...input, ...withPrompt, settings: offered })).toEqual([]);
		});

		it.each<[string, Partial<VideoTaskInput>, string[]]>([
			['no text in Text to Video', { mode: 'textToVideo', prompt: ' ' }, ['Prompt']],
			['no reference in References to Video', {}, ['Images, Videos and Audio']],
			['no first frame', { mode: 'firstFrame' }, ['Images']],
			['three frames', { mode: 'firstAndLastFrame', references: references({ image: 3 }) }, ['Images']],
			['no video to extend', { mode: 'videoExtension' }, ['Videos']],
			['an address that is none', { references: [{ mediaType: 'image', role: 'reference', by: 'asGiven', medium: { kind: 'unknown', text: 'face.png' } }] }, ['Images 1']],
			['a citation of nothing', { prompt: '@image2', references: references({ image: 1 }) }, ['Prompt']],
			['a setting that the provider cannot be sent', { mode: 'textToVideo', settings: { [missingSetting(provider)]: true } }, [videoSettings[missingSetting(provider)].label]],
		])('is checked for its form: %s', (_what, input, expected) => {
			expect(problemsOf(input)).toEqual(expected);
		});
	});
});
