/** How far a picture or a video is turned clockwise when it is shown. */
export type Rotation = 0 | 90 | 180 | 270;

export interface ShownSize {
	/** In pixels, as it is shown: phones store an upright picture lying on its side. */
	width: number;
	height: number;
	rotationDegrees: Rotation;
}

/** @param width as it is stored, in pixels, as is the height */
export const shownSize = (width: number, height: number, rotationDegrees: Rotation): ShownSize =>
	rotationDegrees % 180 === 0 ? { width, height, rotationDegrees } : { width: height, height: width, rotationDegrees };
