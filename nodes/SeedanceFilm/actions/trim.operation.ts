import { InputError, mustBe } from '../../shared/errors';
import { optionsField } from '../../shared/node/fields';
import type { LocalOperation } from '../../shared/node/operation';
import { trim as trimVideo } from '../film';
import { filmOptions, videoField } from '../film.fields';
import { fileOfItem } from '../inputFiles';
import { storeFilm } from '../storeFilm';

const fromLabel = 'From (Seconds)';
const toLabel = 'To (Seconds)';

export const trim = {
	option: {
		name: 'Trim',
		value: 'trim',
		action: 'Trim video',
		description: 'Keep a part of a video, without a loss of quality',
	},
	properties: [
		videoField,
		{
			displayName: 'A part can begin only where the video stores a full picture, often once in one to ten seconds. The nearest such moment is taken; the output says which.',
			name: 'trimNotice',
			type: 'notice',
			default: '',
		},
		{
			displayName: fromLabel,
			name: 'fromSeconds',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description: 'Where the part begins',
			hint: '0 is the start of the video',
		},
		{
			displayName: toLabel,
			name: 'toSeconds',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description: 'Where the part ends',
			hint: '0 is the end of the video',
		},
		optionsField([...filmOptions]),
	],
	async prepare(session) {
		const { itemIndex, parameters, signal } = session;
		const fromSeconds = parameters.number('fromSeconds', fromLabel) ?? 0;
		const toSeconds = parameters.number('toSeconds', toLabel) || undefined;
		if (fromSeconds < 0) throw new InputError([mustBe(fromLabel, '0 or more', String(fromSeconds))]);
		if (toSeconds !== undefined && toSeconds <= fromSeconds) {
			throw new InputError([mustBe(toLabel, `more than ${fromLabel}, which is ${fromSeconds}, or 0 for the end`, String(toSeconds))]);
		}
		const fieldName = parameters.text('binaryPropertyName', videoField.displayName);
		const video = await fileOfItem(session, itemIndex, { fieldName, label: videoField.displayName, mediaType: 'video' });
		return async () => {
			const film = await trimVideo(video, { fromSeconds, toSeconds, signal });
			const facts = { fromSeconds: film.fromSeconds, toSeconds: film.toSeconds, givenSeconds: film.givenSeconds };
			return [await storeFilm(session, film, video.givenName, facts)];
		};
	},
} satisfies LocalOperation;
