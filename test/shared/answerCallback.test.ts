import { downloadsOfCallbacks } from '../../nodes/shared/callback/answerCallback';

describe('Downloads of callbacks', () => {
	it('run three at a time for each account and host, and do not delay another account or host', async () => {
		const begun: string[] = [];
		const [ours, theirs] = ['ours', 'theirs'].map((apiKey) => ({ baseUrl: 'https://api.example.com', apiKey }));
		const begin = (url: string, account = ours!) =>
			void downloadsOfCallbacks(account)(url)(async () => {
				begun.push(url);
				return await new Promise<never>(() => {});
			});
		for (let file = 1; file <= 5; file++) begin(`https://hangs.example.com/${file}.mp4`);
		begin('https://other.example.com/6.mp4');
		begin('https://hangs.example.com/7.mp4', theirs);
		await new Promise((resolve) => setImmediate(resolve));
		expect(begun).toEqual([
			'https://hangs.example.com/1.mp4',
			'https://hangs.example.com/2.mp4',
			'https://hangs.example.com/3.mp4',
			'https://other.example.com/6.mp4',
			'https://hangs.example.com/7.mp4',
		]);
	});
});
