import { InputError, type InputProblem } from '../../shared/errors';
import { binaryFile } from '../../shared/media/binaryFile';
import type { IdentifiedFile } from '../../shared/media/identifyFile';
import { optionsField } from '../../shared/node/fields';
import { type LocalOperation, type LocalSession, perRun } from '../../shared/node/operation';
import { listOf } from '../../shared/text';
import { setSound as setSoundOf } from '../film';
import { filmOptions, videoField } from '../film.fields';
import { fieldsWith, fileOfItem } from '../inputFiles';
import { storeFilm } from '../storeFilm';

const soundFieldLabel = 'Sound Field';
const soundFromLabel = 'Sound From';

export const setSound = {
	option: {
		name: 'Set Sound',
		value: 'setSound',
		action: 'Set sound',
		description: 'Put music or a voice under a video, or remove its sound',
	},
	subtitle: '($parameter["sound"] === "remove" ? "Remove Sound" : "Set Sound")',
	properties: [
		videoField,
		{
			displayName: 'Sound',
			name: 'sound',
			type: 'options',
			options: [
				{ name: 'Remove', value: 'remove', description: 'The video becomes silent' },
				{ name: 'Replace', value: 'replace', description: 'The video gets the sound of an audio file; its own is removed' },
			],
			default: 'replace',
			description: 'What becomes of the sound of the video',
		},
		{
			displayName: soundFromLabel,
			name: 'soundFrom',
			type: 'options',
			options: [
				{ name: 'Audio Item of the Input', value: 'otherItem', description: 'The one input item that has an audio file; every video gets its sound' },
				{ name: 'Field of Each Item', value: 'sameItem', description: 'An audio file beside the video, in the same item' },
			],
			default: 'sameItem',
			description: 'Where the audio file is',
			displayOptions: { show: { sound: ['replace'] } },
		},
		{
			displayName: soundFieldLabel,
			name: 'soundBinaryPropertyName',
			type: 'string',
			default: '',
			placeholder: 'e.g. music',
			hint: 'The name of the input field containing an M4A or MP3 file, or a video with sound. Leave it empty if an item has only one audio file.',
			displayOptions: { show: { sound: ['replace'], soundFrom: ['sameItem'] } },
		},
		{
			displayName: 'Fit',
			name: 'fit',
			type: 'options',
			options: [
				{ name: 'Cut', value: 'cut', description: 'The sound plays once. If it is longer, it ends with the video; if it is shorter, the rest is silent.' },
				{ name: 'Loop', value: 'loop', description: 'The sound begins again until the video ends' },
			],
			default: 'cut',
			description: 'What to do with a sound that is not as long as the video',
			displayOptions: { show: { sound: ['replace'] } },
		},
		optionsField([...filmOptions]),
	],
	async prepare(session) {
		const { itemIndex, parameters, signal } = session;
		const isRemoved = parameters.requiredChoice('sound', 'Sound', ['remove', 'replace']) === 'remove';
		const isShared = !isRemoved && parameters.requiredChoice('soundFrom', soundFromLabel, ['otherItem', 'sameItem']) === 'otherItem';
		const shared = isShared ? await audioItem(session) : undefined;
		// The item with the audio file becomes no video.
		if (shared?.itemIndex === itemIndex) return async () => [];
		const fieldName = parameters.text('binaryPropertyName', videoField.displayName);
		const video = await fileOfItem(session, itemIndex, { fieldName, label: videoField.displayName, mediaType: 'video' });
		const sound = isRemoved ? 'none' : (shared?.file ?? (await soundOfItem(session)));
		const fit = isRemoved ? 'cut' : parameters.requiredChoice('fit', 'Fit', ['cut', 'loop']);
		return async () => [await storeFilm(session, await setSoundOf(video, sound, { fit, signal }), video.givenName)];
	},
} satisfies LocalOperation;

async function soundOfItem(session: LocalSession): Promise<IdentifiedFile> {
	const given = session.parameters.text('soundBinaryPropertyName', soundFieldLabel).trim();
	// May be a video, too, whose sound is taken.
	if (given !== '') return await binaryFile(session.context, session.itemIndex, given, soundFieldLabel);
	const fields = await fieldsWith(session, 'audio');
	const [fieldName, ...others] = fields;
	if (fieldName === undefined || others.length > 0) throw new InputError([notOneField(fields)]);
	return await fileOfItem(session, session.itemIndex, { fieldName, label: soundFieldLabel, mediaType: 'audio' });
}

/** The one item of the input that has an audio file, read once for all. */
const audioItem = perRun(async ({ context }: LocalSession): Promise<{ itemIndex: number; file: IdentifiedFile }> => {
	const found: Array<{ itemIndex: number; fieldName: string }> = [];
	for (const itemIndex of context.getInputData().keys()) {
		for (const fieldName of await fieldsWith({ context, itemIndex }, 'audio')) found.push({ itemIndex, fieldName });
	}
	const [only, ...others] = found;
	if (!only || others.length > 0) throw new InputError([notOneItem(found.length)]);
	const { itemIndex, fieldName } = only;
	return { itemIndex, file: await fileOfItem({ context }, itemIndex, { fieldName, label: soundFromLabel, mediaType: 'audio' }) };
});

const notOneField = (fields: readonly string[]): InputProblem => ({
	field: soundFieldLabel,
	message:
		fields.length === 0
			? 'The input item has no audio file for Sound Field.'
			: `The input item has several audio files: ${listOf(fields.map((name) => JSON.stringify(name)))}.`,
	advice:
		fields.length === 0
			? 'The node before this one must pass on the video and the audio file in one item, as Merge does; or choose Audio Item of the Input.'
			: 'Enter the name of one of them in Sound Field.',
});

const notOneItem = (count: number): InputProblem => ({
	field: soundFromLabel,
	message: `Sound From needs one audio file in all input items; there are ${count === 0 ? 'none' : count}.`,
	advice: 'Pass the audio file on in an item of its own, beside those of the videos; or choose Field of Each Item.',
});
