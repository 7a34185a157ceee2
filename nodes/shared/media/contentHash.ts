import { createHash } from 'crypto';
import type { NewAsset } from '../providers/adapter';

/**
 * The SHA-256 of an asset's source: of the bytes of a file, read as a stream, or of the text of a URL or data URI.
 * @returns 43 characters of base64url, since names of assets may have 64 characters
 */
export async function hashOf(source: NewAsset['source']): Promise<string> {
	const hash = createHash('sha256');
	if (typeof source === 'string') hash.update(source);
	else for await (const chunk of source.open()) hash.update(chunk);
	return hash.digest('base64url');
}
