/**
 * The parsers of https://github.com/nodeca/probe-image-size that read the sizes of pictures: pure, forwards, in chunks.
 * Its entry point has them behind streams of Node, which n8n's reviewers do not allow.
 */
export { Parser as HeifMetaParser } from 'probe-image-size/lib/common/miaf_meta_parser';
export { NEED_MORE as needsMore } from 'probe-image-size/lib/common/utils';
export { Parser as BmpParser } from 'probe-image-size/lib/formats/bmp';
export { Parser as GifParser } from 'probe-image-size/lib/formats/gif';
export { Parser as JpegParser } from 'probe-image-size/lib/formats/jpeg';
export { type Parser as PictureParser, Parser as PngParser } from 'probe-image-size/lib/formats/png';
