import { createHash } from 'crypto';
import { settingNames, videoSettings } from '../../shared/videoSettings';
import { assetUri, type Medium, type VideoTaskInput } from '../../shared/vocabulary';
import type { PlannedReference } from '../references/planReferences';

/** What tells one request from another. */

export interface PlannedInput extends VideoTaskInput {
	references: readonly PlannedReference[];
}

/**
 * @returns the same text for the same request, in every execution and process: it is named value by value, so that how
 *          the package holds a request can change without making it another one
 */
export const fingerprintOf = (input: PlannedInput): string => hash(Object.values(partsOf(input)));

/** @returns the fingerprint of each field that is set, by its label, so that a difference can be named */
export function fieldFingerprints(input: PlannedInput): Record<string, string> {
	const parts = Object.entries(partsOf(input)).filter(([, value]) => value !== undefined);
	return Object.fromEntries(parts.map(([label, value]) => [label, hash(value).slice(0, 16)]));
}

export const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** By the label of the field. */
function partsOf({ model, mode, prompt, references, settings, webhook, draftTaskId }: PlannedInput): Record<string, unknown> {
	return {
		Model: model,
		Mode: mode,
		Prompt: prompt,
		References: references.map(partsOfReference),
		'Draft Task': draftTaskId,
		'Webhook URL': webhook && [webhook.url, webhook.secret],
		...Object.fromEntries(settingNames.map((name) => [videoSettings[name].label, settings[name]])),
	};
}

function partsOfReference(reference: PlannedReference) {
	const { mediaType, role, by, medium } = reference;
	return [
		mediaType,
		role,
		by,
		partsOfMedium(medium),
		reference.by === 'signedLink' && [reference.binary.itemIndex, reference.binary.binaryPropertyName],
		reference.by === 'newAsset' && reference.groupId,
	];
}

function partsOfMedium(medium: Medium): string | Array<string | number | undefined> {
	switch (medium.kind) {
		case 'url':
			return medium.url;
		case 'asset':
			return assetUri(medium.assetId);
		case 'dataUri':
			return medium.dataUri;
		case 'file': {
			const { fileName, givenName, mimeType, sizeBytes } = medium.file;
			return [fileName, givenName, mimeType, sizeBytes];
		}
		case 'unknown':
			return medium.text;
	}
}
