import { checkAssetSource } from '../../shared/checks/checkAssetSource';
import { checkContent } from '../../shared/checks/checkContent';
import { checkFiles } from '../../shared/checks/checkFiles';
import { checkUrls } from '../../shared/checks/checkUrls';
import { headerReader } from '../../shared/download/fetchHeaders';
import { InputError, type InputProblem, mustBe, requireNoProblems } from '../../shared/errors';
import { binaryFile, defaultBinaryField, onlyFileInPlaceOf } from '../../shared/media/binaryFile';
import { readDataUri } from '../../shared/media/dataUri';
import { detectMediaType, type FormatName, mimeTypeOfFormat } from '../../shared/media/formats';
import type { IdentifiedFile } from '../../shared/media/identifyFile';
import { notInTools, showForProviders } from '../../shared/node/description';
import {
	assetPaymentNotice,
	assetTimeoutField,
	assetTimeoutMs,
	checkFilesOption,
	checkUrlsOption,
	optionsField,
	simplifyField,
} from '../../shared/node/fields';
import { deletionHints, warnOfUncheckedFiles } from '../../shared/node/hints';
import { includeInputFieldsOption } from '../../shared/node/inputFields';
import { perRun, type Operation, type Session } from '../../shared/node/operation';
import { targetGroupLocator } from '../../shared/node/pickers';
import { shapeAsset } from '../../shared/node/shape';
import { providers } from '../../shared/providers';
import { requirePublicUrl, shownUrl, urlRulesFor } from '../../shared/publicUrl';
import { cut, listOf } from '../../shared/text';
import type { ProviderAdapter } from '../../shared/providers/adapter';
import { createAsset } from '../../shared/request/createAsset';
import { type AssetMedium, mediaTypes, type MediaType } from '../../shared/vocabulary';
import { waitForAsset } from '../../shared/wait/waitForAsset';
import { nameOfMedium, unusedName } from '../assetName';

const takes = (field: 'name' | 'groupId') => (provider: ProviderAdapter) =>
	provider.assets.newAssetFields.includes(field);

const hostingNames = listOf(providers.filter(({ uploads }) => uploads !== undefined).map(({ displayName }) => displayName));

const binaryDescription = `A file of the input item, sent as a stream${
	hostingNames && `; ${hostingNames} take URLs only, so there it is uploaded to their own short-lived storage first`
}`;

export const create = {
	option: {
		name: 'Create Asset',
		value: 'create',
		action: 'Create asset',
		description: 'Upload an image, video or audio file to cite it in videos',
	},
	toolDescription:
		'Uploads an image, video or audio file to the provider, so that videos of Seedance can cite it. It can be cited when its status is active. Returns its assetId.',
	properties: [
		{
			displayName: 'Source',
			name: 'source',
			type: 'options',
			options: [
				{ name: 'Binary File', value: 'binary', description: binaryDescription },
				{
					name: 'URL',
					value: 'url',
					description: 'A public address from which the provider fetches the file',
				},
				{ name: 'Base64 or Data URI', value: 'base64', description: 'The file itself as text' },
			],
			default: 'binary',
			description: 'Where the file comes from',
		},
		{
			displayName: 'URL',
			name: 'url',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. https://example.com/image.png',
			description: 'Must be reachable from the internet without a login',
			displayOptions: { show: { source: ['url'] } },
		},
		{
			displayName: 'Base64 or Data URI',
			name: 'base64',
			type: 'string',
			typeOptions: { rows: 3 },
			required: true,
			default: '',
			placeholder: 'e.g. data:image/png;base64,iVBORw0KGgo…',
			displayOptions: { show: { source: ['base64'] } },
		},
		{
			displayName: 'Input Binary Field',
			name: 'binaryPropertyName',
			type: 'string',
			required: true,
			default: defaultBinaryField,
			placeholder: `e.g. ${defaultBinaryField}`,
			hint: `The name of the input field containing the file. If an item has no field ${defaultBinaryField}, but one image, video or audio file, that one is taken.`,
			displayOptions: { show: { source: ['binary'] } },
		},
		{
			displayName: 'Media Type',
			name: 'mediaType',
			type: 'options',
			options: [
				{ name: 'Audio', value: 'audio' },
				{ name: 'Detect Automatically', value: 'auto', description: 'By the content of a file, or by the extension of a URL' },
				{ name: 'Image', value: 'image' },
				{ name: 'Video', value: 'video' },
			],
			default: 'auto',
			description: 'Also decides the price where uploads are billed',
		},
		...showForProviders(takes('groupId'), [
			targetGroupLocator({
				description:
					'The asset group to put the asset into. To make one, type its name into the list and choose the first entry.',
			}),
		]),
		...showForProviders(takes('name'), [
			{
				displayName: 'Name',
				name: 'name',
				type: 'string',
				default: '',
				placeholder: 'e.g. main-character',
				description:
					'Helps to find the asset again. Without it the name of the file is used. It must be unique in its group if it has one.',
			},
		]),
		...assetPaymentNotice('The provider bills each new asset, by its media type.'),
		{
			displayName: 'Wait Until Active',
			name: 'waitUntilActive',
			type: 'boolean',
			default: true,
			description:
				'Whether to continue only when the provider has processed the file and the asset can be cited',
		},
		simplifyField,
		optionsField([
			checkFilesOption,
			checkUrlsOption,
			...notInTools([includeInputFieldsOption]),
			{ ...assetTimeoutField, displayOptions: { show: { '/waitUntilActive': [true] } } },
		]),
	],
	maxConcurrentItems: () => 5,
	executionHints: deletionHints,
	async prepare(session) {
		const { parameters, provider, connection } = session;
		const { medium, mediaType, file } = await readFile(session);
		const groupId = takes('groupId')(provider)
			? parameters.requiredId('groupId', 'Asset Group')
			: undefined;
		const givenName = parameters.text('name', 'Name').trim() || undefined;
		const ownName = takes('name')(provider) ? nameOfMedium(medium) : undefined;
		const wait = parameters.boolean('waitUntilActive', 'Wait Until Active');
		const simplify = parameters.boolean('simplify', simplifyField.displayName);
		const timeoutMs = assetTimeoutMs(parameters.collection('options', 'Options'));
		await checkMedium(session, { medium, mediaType, file });
		return async () => {
			const name = givenName ?? (ownName && (await unusedName(session, ownName, groupId)));
			const created = await createAsset(connection, { mediaType, name, groupId, medium });
			const asset = wait
				? await waitForAsset(connection, created.id, { timeoutMs, isNew: true })
				: { status: 'processing' as const, ...created, mediaType, name, groupId, raw: undefined };
			// Not every provider returns the media type.
			return [shapeAsset(provider, { ...asset, mediaType: asset.mediaType ?? mediaType }, simplify)];
		};
	},
} satisfies Operation;

/** @throws InputError naming every limit that the file breaks */
async function checkMedium(
	session: Session,
	{ medium, mediaType, file }: NewFile,
): Promise<void> {
	const { connection, parameters, provider } = session;
	const options = parameters.collection('options', 'Options');
	const field = sourceLabels[medium.kind];
	const media = [{ field, mediaType, medium, limits: provider.mediaLimits?.[mediaType] }];
	requireNoProblems(file ? checkContent(file, mediaType, field) : []);
	const checked = (options.boolean('checkFiles', checkFilesOption.displayName) ?? true) ? await checkFiles(provider, media) : undefined;
	requireNoProblems([
		...checkAssetSource(provider, medium, mediaType, field),
		...(checked?.problems ?? []),
		...(options.boolean('checkUrls', checkUrlsOption.displayName)
			? await checkUrls(provider, media, async (url) => await headersOf(session)(url, connection.signal))
			: []),
	]);
	warnOfUncheckedFiles(session, checked?.unknown ?? []);
}

const headersOf = perRun(({ context, connection }) => headerReader(context, urlRulesFor(connection)));

const sourceLabels = { file: 'Input Binary Field', dataUri: 'Base64 or Data URI', url: 'URL' };

interface NewFile {
	medium: AssetMedium;
	mediaType: MediaType;
	/** Absent for a URL. */
	file?: IdentifiedFile;
}

async function readFile({ context, itemIndex, parameters, connection }: Session): Promise<NewFile> {
	switch (parameters.requiredChoice('source', 'Source', ['base64', 'binary', 'url'])) {
		case 'binary': {
			const given = parameters.text('binaryPropertyName', 'Input Binary Field');
			const fieldName = (await onlyFileInPlaceOf(given, context, itemIndex, possibleMediaTypes(parameters))) ?? given;
			const file = await binaryFile(context, itemIndex, fieldName, 'Input Binary Field');
			return { medium: { kind: 'file', file }, file, mediaType: mediaTypeOf(parameters, file) };
		}
		case 'base64': {
			const text = parameters.requiredText('base64', 'Base64 or Data URI');
			const found = await readDataUri(text);
			if (!found) throw notBase64(text);
			const { file } = found;
			return { medium: found, file, mediaType: mediaTypeOf(parameters, file) };
		}
		default: {
			const url = requirePublicUrl(parameters.requiredText('url', 'URL'), 'URL', urlRulesFor(connection));
			return { medium: { kind: 'url', url }, mediaType: mediaTypeOf(parameters, { fileName: url }) };
		}
	}
}

/** @returns undefined for Detect Automatically */
function chosenMediaType(parameters: Session['parameters']): MediaType | undefined {
	const chosen = parameters.requiredChoice('mediaType', 'Media Type', ['auto', ...mediaTypes]);
	return chosen === 'auto' ? undefined : chosen;
}

function possibleMediaTypes(parameters: Session['parameters']): readonly MediaType[] {
	const chosen = chosenMediaType(parameters);
	return chosen ? [chosen] : mediaTypes;
}

function mediaTypeOf(
	parameters: Session['parameters'],
	file: Pick<IdentifiedFile, 'fileName'> & Partial<IdentifiedFile>,
): MediaType {
	const mediaType = chosenMediaType(parameters) ?? detectMediaType(file.mimeType, file.fileName);
	if (mediaType) return mediaType;
	throw new InputError([file.format ? noMedium(file.givenName ?? file.fileName, file.format) : notShown(file)]);
}

/** A file that is known to be neither image, video nor audio. */
const noMedium = (fileName: string, format: FormatName): InputProblem => ({
	field: 'Media Type',
	message: `${fileName} ${format === 'empty' ? 'is empty' : `is ${mimeTypeOfFormat(format) ?? format}`}. Seedance takes images, videos and audio.`,
	advice: 'Give another file, or check the node that this one comes from.',
});

const notShown = ({ fileName, givenName = fileName }: Pick<IdentifiedFile, 'fileName'> & Partial<IdentifiedFile>): InputProblem => ({
	field: 'Media Type',
	message: `Media Type is Detect Automatically, but ${shownUrl(givenName)} does not show what it is.`,
	advice: 'Choose Image, Video or Audio.',
});

function notBase64(text: string): InputError {
	const allowed = 'the base64 text of a supported file, with or without data:…;base64, before it';
	return new InputError([mustBe('Base64 or Data URI', allowed, cut(text, 40))]);
}
