/** What we use of the modules inside probe-image-size, which have no types. */

declare module 'probe-image-size/lib/common/utils' {
	/** The status of a parser that has to be given more bytes. */
	export const NEED_MORE: number;
}

declare module 'probe-image-size/lib/formats/*' {
	/** Takes a picture in chunks of any size and holds some bytes of it. */
	export class Parser {
		push(chunk: Uint8Array): void;
		getStatus(): number;
		/** @returns undefined as long as nothing is known, and if the content breaks the format */
		getResult(): PictureSize | undefined;
	}

	export interface PictureSize {
		/** In pixels as they are stored. */
		width: number;
		height: number;
		/** How the picture is turned and mirrored, as Exif counts it: 1 to 8. */
		orientation?: number | null;
	}
}

declare module 'probe-image-size/lib/common/miaf_meta_parser' {
	import { Parser as PictureParser } from 'probe-image-size/lib/formats/*';

	/** Takes the content of the box `meta` of a HEIF picture. */
	export class Parser extends PictureParser {
		constructor(sizeBytes: number);
	}
}
