import { aacConfig, mp4aEntry, readAacConfig, readStreamDescription } from '../../nodes/SeedanceFilm/film/aac';

describe('readAacConfig', () => {
	it.each([
		['AAC, stereo, 44.1 kHz', '1210', { name: 'AAC', channels: 2, sampleRate: 44100, samplesPerPacket: 1024 }],
		['AAC, mono, 48 kHz', '1188', { name: 'AAC', channels: 1, sampleRate: 48000, samplesPerPacket: 1024 }],
		['AAC with short packets', '1214', { name: 'AAC', channels: 2, sampleRate: 44100, samplesPerPacket: 960 }],
		['AAC, seven channels and one for low frequencies', '11b8', { name: 'AAC', channels: 8, sampleRate: 48000 }],
		['HE-AAC, of which the core has half the rate', '2b920800', { name: 'HE-AAC', channels: 2, sampleRate: 22050, samplesPerPacket: 1024 }],
		['AAC of a rate that is written out', '1780562210', { name: 'AAC', sampleRate: 44100 }],
	])('reads %s', (_, hex, expected) => {
		expect(readAacConfig(Buffer.from(hex, 'hex'))).toMatchObject(expected);
	});

	it.each(['', '12', '00', 'ffffffff', 'f8e85000'])('takes %p for nothing that it knows', (hex) => {
		expect(readAacConfig(Buffer.from(hex, 'hex'))).toBeUndefined();
	});

	it('has no silence for channels that are described elsewhere', () => {
		expect(readAacConfig(aacConfig(2, 4, 0))?.silence).toBeUndefined();
	});
});

describe('mp4aEntry', () => {
	it('is read as it was written', () => {
		const config = aacConfig(2, 4, 2);
		const entry = mp4aEntry({ name: 'AAC', channels: 2, sampleRate: 44100 }, { objectType: 0x40, config });
		expect(readStreamDescription(entry.subarray(entry.indexOf('esds') + 4))).toEqual({ objectType: 0x40, config });
	});

	it.each(['', '00000000', '0000000003', '000000000380808022', '0000000004800d'])('is taken for nothing known if its descriptors are %p', (hex) => {
		expect(readStreamDescription(Buffer.from(hex, 'hex'))).toBeUndefined();
	});
});
