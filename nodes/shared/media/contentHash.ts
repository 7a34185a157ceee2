import { createHash } from 'crypto';
import type { AssetMedium } from '../vocabulary';

/**
 * The SHA-256 of what an asset is made of: of the bytes of a file, read as a stream, or of the text of a URL or data URI.
 * @returns 43 characters of base64url, since names of assets may have 64 characters
 */
export async function hashOf(medium: AssetMedium): Promise<string> {
	const hash = createHash('sha256');
	if (medium.kind === 'file') for await (const chunk of medium.file.open()) hash.update(chunk);
	else hash.update(medium.kind === 'url' ? medium.url : medium.dataUri);
	return hash.digest('base64url');
}
