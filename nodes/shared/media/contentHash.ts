import { createHash } from 'crypto';
import type { NewAsset } from '../providers/adapter';

/** Short, as names may have 64 characters. Of the bytes, read as a stream; of a URL its text, as the file behind it is not at hand. */
export async function hashOf(source: NewAsset['source']): Promise<string> {
	const hash = createHash('sha256');
	if (typeof source === 'string') hash.update(source);
	else for await (const chunk of source.open()) hash.update(chunk);
	return hash.digest('base64url');
}
