import { defaultBinaryField } from '../../shared/media/binaryFile';
import type { IdentifiedFile } from '../../shared/media/identifyFile';
import { optionsField } from '../../shared/node/fields';
import type { LocalOperation, LocalSession } from '../../shared/node/operation';
import { joinShots as joinFiles } from '../film';
import { filmOptions } from '../film.fields';
import { fileOfEachItem, filesOfItem } from '../inputFiles';
import { orderBy, valueAt } from '../shotOrder';
import { storeFilm } from '../storeFilm';

const fieldLabel = 'Input Binary Field';
const fieldsLabel = 'Input Binary Fields';
const orderFieldLabel = 'Order Field';

export const joinShots = {
	option: {
		name: 'Join Shots',
		value: 'joinShots',
		action: 'Join shots',
		description: 'Make one film of several videos, without a loss of quality',
	},
	properties: [
		{
			displayName: 'Shots From',
			name: 'shotsFrom',
			type: 'options',
			options: [
				{ name: 'All Input Items', value: 'allItems', description: 'One video of each item; they become one film' },
				{ name: 'Fields of Each Item', value: 'fields', description: 'Several videos of an item; each item gives a film' },
			],
			default: 'allItems',
			description: 'Where the videos are',
		},
		{
			displayName: fieldLabel,
			name: 'binaryPropertyName',
			type: 'string',
			required: true,
			default: defaultBinaryField,
			placeholder: `e.g. ${defaultBinaryField}`,
			hint: `The name of the input field containing the video. If an item has no field ${defaultBinaryField}, but one video, that one is taken.`,
			displayOptions: { show: { shotsFrom: ['allItems'] } },
		},
		{
			displayName: fieldsLabel,
			name: 'binaryPropertyNames',
			type: 'string',
			default: '',
			placeholder: 'e.g. opening, scene, credits',
			hint: 'The names of the input fields containing the videos, separated by commas, in the order of the film. Leave it empty for all videos of the item.',
			displayOptions: { show: { shotsFrom: ['fields'] } },
		},
		{
			displayName: 'Order',
			name: 'order',
			type: 'options',
			options: [
				{ name: 'By a Field', value: 'field', description: 'By a number or a text of each item, such as the number of the shot' },
				{ name: 'Input Order', value: 'input', description: 'As the items come in' },
			],
			default: 'input',
			description: 'The order of the shots in the film',
			displayOptions: { show: { shotsFrom: ['allItems'] } },
		},
		{
			displayName: orderFieldLabel,
			name: 'orderField',
			type: 'string',
			requiresDataPath: 'single',
			required: true,
			default: '',
			placeholder: 'e.g. shot',
			hint: 'Enter the field name as text',
			displayOptions: { show: { shotsFrom: ['allItems'], order: ['field'] } },
		},
		{
			displayName: 'Missing Sound',
			name: 'missingSound',
			type: 'options',
			options: [
				{ name: 'Fill With Silence', value: 'silence', description: 'A shot without sound is silent in the film' },
				{ name: 'Refuse', value: 'refuse', description: 'Stop if some shots have sound and others have none' },
			],
			default: 'silence',
			description: 'What to do if some shots have sound and others have none',
		},
		optionsField([
			{
				displayName: 'Allow Different Sizes',
				name: 'allowDifferences',
				type: 'boolean',
				default: false,
				description:
					'Whether to join shots of different sizes or frame rates. The file stays valid, but not every player and platform takes it.',
			},
			...filmOptions,
		]),
	],
	usesAllItems: (parameters) => readFrom(parameters) === 'allItems',
	async prepare(session) {
		const { parameters, signal } = session;
		const files = readFrom(parameters) === 'allItems' ? await filesInOrder(session) : await filesOfFields(session);
		const missingSound = parameters.requiredChoice('missingSound', 'Missing Sound', ['silence', 'refuse']);
		const options = parameters.collection('options', 'Options');
		const differences = options.boolean('allowDifferences', 'Allow Different Sizes') ? 'allow' : 'refuse';
		return async () => {
			const film = await joinFiles(files, { missingSound, differences, signal });
			return [await storeFilm(session, film, 'film', { shotCount: files.length })];
		};
	},
} satisfies LocalOperation;

const readFrom = (parameters: LocalSession['parameters']) =>
	parameters.requiredChoice('shotsFrom', 'Shots From', ['allItems', 'fields']);

/** One video of each item, in the order of the film. */
async function filesInOrder(session: LocalSession): Promise<IdentifiedFile[]> {
	const { context, parameters } = session;
	const fieldName = parameters.text('binaryPropertyName', fieldLabel);
	const files = await fileOfEachItem(session, { fieldName, label: fieldLabel, mediaType: 'video' });
	if (parameters.requiredChoice('order', 'Order', ['field', 'input']) === 'input') return files;
	const path = parameters.requiredText('orderField', orderFieldLabel);
	const values = context.getInputData().map(({ json }) => valueAt(json, path));
	return orderBy(values, orderFieldLabel, path).flatMap((index) => files[index] ?? []);
}

async function filesOfFields(session: LocalSession): Promise<IdentifiedFile[]> {
	const names = session.parameters.optional().texts('binaryPropertyNames', fieldsLabel);
	return await filesOfItem(session, names, { label: fieldsLabel, mediaType: 'video' });
}
