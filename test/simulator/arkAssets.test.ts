import { serveFile } from '../../harness/media/serveFile';
import { arkRefusals } from '../../simulator';
import { ControlError } from '../../simulator/ark/errors';
import { verifySignature } from '../../simulator/ark/signature';
import { accessOf, control, createAsset, createGroup, refused } from './arkSupport';
import { at, clip, closeAll, fetchUrl, picture, sound, stage, textAt, type Stage } from './support';

// Media are made and measured here, which a busy machine does slowly.
jest.setTimeout(30_000);

afterEach(closeAll);

const filter = { Filter: { GroupType: 'AIGC' } };
const page = { ...filter, PageNumber: 1, PageSize: 10 };
const ids = (json: unknown) => (at(json, 'Result', 'Items') as Array<{ Id: string }>).map(({ Id }) => Id);

describe('a signature', () => {
	const vector = (fields: Record<string, string> = {}) => ({
		accessKeys: new Map([['AKTEST', { accountId: 1, secretAccessKey: 'sk-test', isAllowed: true }]]),
		signingRegion: 'ap-southeast-1',
		nowMs: Date.UTC(2026, 2, 28),
		received: {
			host: 'control',
			method: 'POST',
			path: '/',
			searchParams: new URLSearchParams('Action=CreateAsset&Version=2024-01-01'),
			bytes: Buffer.from('{"GroupId":"group-1","URL":"https://example.com/a.jpg","AssetType":"Image"}'),
		},
		headers: {
			host: 'ark.ap-southeast-1.byteplusapi.com',
			'content-type': 'application/json',
			'x-content-sha256': 'dae0308da6736880b14ad100423ea55e7ef3f9d4c015d090d8471d0c6d636ccf',
			'x-date': '20260328T000000Z',
			authorization:
				'HMAC-SHA256 Credential=AKTEST/20260328/ap-southeast-1/ark/request, SignedHeaders=content-type;host;x-content-sha256;x-date, Signature=a9018c46e81801d55cdb9d0b0b20cf0f5868262df9a77369c3a6a6423ecbc808',
			...fields,
		},
	});
	const codeOf = (verification: Parameters<typeof verifySignature>[0]) => {
		try {
			return verifySignature(verification).accountId;
		} catch (error) {
			return error instanceof ControlError ? error.code : error;
		}
	};

	it('is that of the known vectors of both regions', () => {
		expect(codeOf(vector())).toBe(1);
		const china = vector({
			host: 'ark.cn-beijing.volcengineapi.com:443',
			'x-content-sha256': '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
			'x-date': '20261128T000000Z',
			authorization:
				'HMAC-SHA256 Credential=AKTEST/20261128/cn-beijing/ark/request, SignedHeaders=content-type;host;x-content-sha256;x-date, Signature=f4657c77f3f4da65a511358fd7d3ef3930aaa604ac239474df8aac7346ca2ec2',
		});
		const searchParams = new URLSearchParams('Version=2024-01-01&Action=ListAssetGroups');
		const received = { ...china.received, searchParams, bytes: Buffer.from('{}') };
		expect(codeOf({ ...china, received, signingRegion: 'cn-beijing', nowMs: Date.UTC(2026, 10, 28) })).toBe(1);
	});

	it.each<[string, Record<string, string>, string]>([
		['another host', { host: 'ark.ap-southeast.byteplusapi.com' }, 'SignatureDoesNotMatch'],
		['another hash of the body', { 'x-content-sha256': 'dae0308d' }, 'SignatureDoesNotMatch'],
		['another content type', { 'content-type': 'application/json; charset=utf-8' }, 'SignatureDoesNotMatch'],
		['a key', { authorization: 'Bearer sk-test' }, 'InvalidAuthorization'],
		['nothing', { authorization: '' }, 'MissingRequestInfo'],
		['no date', { 'x-date': '' }, 'InvalidTimestamp'],
		['a security token that is not needed', { 'x-security-token': 'token' }, 'InvalidSecretToken'],
	])('is refused with %s', (_, headers, code) => {
		expect(codeOf(vector(headers))).toBe(code);
	});

	it('covers the bytes, the query, the method and the region', () => {
		const good = vector();
		const changes = [
			{ bytes: Buffer.from('{}') },
			{ method: 'GET' },
			{ searchParams: new URLSearchParams('Action=DeleteAsset&Version=2024-01-01') },
		];
		for (const change of changes) {
			expect(codeOf({ ...good, received: { ...good.received, ...change } })).toBe('SignatureDoesNotMatch');
		}
		expect(codeOf({ ...good, signingRegion: 'cn-beijing' })).toBe('SignatureDoesNotMatch');
	});

	it('is refused when the clock is off by more than a quarter of an hour', async () => {
		const on = await stage();
		for (const minutes of [-15, 15]) {
			const atMs = on.nowMs() + minutes * 60_000;
			expect(await control(on, 'ListAssetGroups', filter, { atMs })).toMatchObject({ statusCode: 200 });
		}
		for (const minutes of [-16, 16]) {
			const atMs = on.nowMs() + minutes * 60_000;
			expect(await control(on, 'ListAssetGroups', filter, { atMs })).toMatchObject(refused(400, 'InvalidTimestamp'));
		}
	});

	it('is refused over HTTP with a wrong key, a wrong secret, another region, another body or no policy', async () => {
		const on = await stage();
		const { deniedAccessKeyId: accessKeyId, deniedSecretAccessKey: secretAccessKey } = accessOf(on);
		const list = async (options: object) => await control(on, 'ListAssetGroups', filter, options);
		expect(await list({ accessKeyId: 'AKLTnobody' })).toMatchObject(refused(401, 'InvalidAccessKey'));
		expect(await list({ secretAccessKey: 'wrong' })).toMatchObject(refused(403, 'SignatureDoesNotMatch'));
		expect(await list({ signingRegion: 'cn-beijing' })).toMatchObject(refused(403, 'SignatureDoesNotMatch'));
		expect(await list({ sentBody: '{}' })).toMatchObject(refused(403, 'SignatureDoesNotMatch'));
		expect(await list({ accessKeyId, secretAccessKey })).toMatchObject(refused(403, 'AccessDenied'));
		expect(await list({ headers: { authorization: `Bearer ${on.simulator.apiKey}` } })).toMatchObject(refused(401, 'InvalidAuthorization'));
		const { accessKeyId: international, secretAccessKey: secret } = accessOf(on);
		const elsewhere = { region: 'china', accessKeyId: international, secretAccessKey: secret };
		expect(await list(elsewhere)).toMatchObject(refused(401, 'InvalidAccessKey'));
	});

	it('leaves no secret in the log', async () => {
		const on = await stage();
		await control(on, 'ListAssetGroups', filter);
		expect(JSON.stringify(on.simulator.calls)).not.toContain(accessOf(on).secretAccessKey);
	});
});

describe('the control plane', () => {
	it('puts an envelope around results and failures', async () => {
		const on = await stage();
		const { json } = await control(on, 'ListAssetGroups', filter);
		const { requestId: RequestId } = on.simulator.calls[0] ?? {};
		const ResponseMetadata = { RequestId, Action: 'ListAssetGroups', Version: '2024-01-01', Service: 'ark', Region: 'ap-southeast-1' };
		expect(json).toEqual({ ResponseMetadata, Result: { TotalCount: 0, Items: [], PageNumber: 1, PageSize: 10 } });
		const failed = await control(on, 'ListAssetGroups', {}, { region: 'china' });
		expect(failed.json).toEqual({
			ResponseMetadata: expect.objectContaining({
				Region: 'cn-beijing',
				Error: { Code: 'MissingParameter.Filter', Message: 'The request is missing the parameter Filter.' },
			}),
		});
	});

	it('does not know other actions', async () => {
		expect(await control(await stage(), 'MoveAsset', {})).toMatchObject(refused(404, 'InvalidActionOrVersion'));
	});

	it('is not on the host of generations', async () => {
		const on = await stage();
		const url = `${new URL(accessOf(on).baseUrl).origin}/?Action=ListAssets&Version=2024-01-01`;
		expect(await fetchUrl(url, { method: 'POST', body: '{}' })).toMatchObject({ statusCode: 404, text: '' });
	});

	it('limits the calls of an account in a second, by action', async () => {
		const on = await stage();
		for (let count = 0; count < 10; count++) await control(on, 'ListAssetGroups', filter);
		expect(await control(on, 'ListAssetGroups', filter)).toMatchObject(refused(429, 'AccountFlowLimitExceeded'));
		expect(await control(on, 'ListAssets', page)).toMatchObject({ statusCode: 200 });
		on.pass(1);
		expect(await control(on, 'ListAssetGroups', filter)).toMatchObject({ statusCode: 200 });
	});

	it.each([
		['flowLimitInside200', 200],
		['flowLimitInside400', 400],
		['flowLimit', 429],
	] as const)('can refuse as %s', async (name, statusCode) => {
		const on = await stage();
		on.simulator.faults.add({ route: 'assets.list', effect: arkRefusals[name] });
		expect(await control(on, 'ListAssets', page)).toMatchObject(refused(statusCode, 'AccountFlowLimitExceeded'));
	});

	it('can leave out the ID of what it made', async () => {
		const on = await stage();
		on.simulator.faults.add({ route: 'assetGroups.create', effect: { kind: 'missingId' } });
		expect((await control(on, 'CreateAssetGroup', { Name: 'Mia' })).json).toMatchObject({ Result: {} });
		expect((await control(on, 'ListAssetGroups', filter)).json).toMatchObject({ Result: { TotalCount: 1 } });
	});
});

describe('asset groups', () => {
	it('are made, listed, renamed and deleted, with their assets', async () => {
		const on = await stage();
		const id = await createGroup(on);
		expect(id).toMatch(/^group-\d{14}-[a-z0-9]{5}$/);
		on.pass(1);
		expect((await control(on, 'UpdateAssetGroup', { Id: id, Name: 'Zoe', Description: 'A singer' })).json).toMatchObject({ Result: { Id: id } });
		expect((await control(on, 'GetAssetGroup', { Id: id })).json).toMatchObject({
			Result: {
				Id: id,
				Name: 'Zoe',
				Description: 'A singer',
				GroupType: 'AIGC',
				ProjectName: 'default',
				CreateTime: '2026-04-27T16:00:00Z',
				UpdateTime: '2026-04-27T16:00:01Z',
			},
		});
		const assetId = await createAsset(on, id);
		on.pass(6);
		expect((await control(on, 'DeleteAssetGroup', { Id: id })).json).toMatchObject({ Result: {} });
		expect(await control(on, 'GetAssetGroup', { Id: id })).toMatchObject(refused(404, 'NotFound.group_id'));
		expect(await control(on, 'GetAsset', { Id: assetId })).toMatchObject(refused(404, 'NotFound.asset_id'));
	});

	it('are found by name, ID and project, and sorted', async () => {
		const on = await stage();
		const made: string[] = [];
		for (const Name of ['Mia', 'Zoe', 'Miami']) {
			made.push(await createGroup(on, {}, { Name }));
			on.pass(1);
		}
		const studio = await createGroup(on, {}, { ProjectName: 'studio' });
		const list = async (fields: object) => ids((await control(on, 'ListAssetGroups', { ...filter, ...fields })).json);
		const [mia = '', zoe = '', miami = ''] = made;
		expect(await list({})).toEqual([miami, zoe, mia]);
		expect(await list({ SortOrder: 'Asc' })).toEqual([mia, zoe, miami]);
		expect(await list({ Filter: { GroupType: 'AIGC', Name: 'mia' } })).toEqual([miami, mia]);
		expect(await list({ Filter: { GroupType: 'AIGC', GroupIds: [zoe] } })).toEqual([zoe]);
		expect(await list({ ProjectName: 'studio' })).toEqual([studio]);
		expect(await list({ Filter: { GroupType: 'LivenessFace' } })).toEqual([]);
		expect(await control(on, 'GetAssetGroup', { Id: mia, ProjectName: 'studio' })).toMatchObject(refused(404, 'NotFound.group_id'));
	});

	it.each<[string, object, string]>([
		['no name', {}, 'MissingParameter.Name'],
		['a name of 65 characters', { Name: 'x'.repeat(65) }, 'InvalidParameter.Name'],
		['a group of real persons', { Name: 'Mia', GroupType: 'LivenessFace' }, 'InvalidParameter.GroupType'],
		['an unknown field', { Name: 'Mia', Model: 'volc-asset' }, 'InvalidParameter.Model'],
	])('refuse %s', async (_, body, code) => {
		expect(await control(await stage(), 'CreateAssetGroup', body)).toMatchObject(refused(400, code));
	});
});

describe('assets', () => {
	it('are unknown at first, then Processing, then Active with a link of twelve hours', async () => {
		const served = await serveFile(picture('640x480'), 'image/png');
		const on = await stage();
		const groupId = await createGroup(on);
		const id = await createAsset(on, groupId, { URL: `${served.origin}/a.png`, Name: 'Mia' });
		await served.close();
		expect(id).toMatch(/^asset-\d{14}-[a-z0-9]{5}$/);
		const get = async () => await control(on, 'GetAsset', { Id: id });
		expect(await get()).toMatchObject(refused(404, 'NotFound.asset_id'));
		on.pass(2);
		expect((await get()).json).toMatchObject({ Result: { Status: 'Processing', Name: 'Mia', GroupId: groupId } });
		on.pass(4);
		const { json } = await get();
		expect(json).toMatchObject({ Result: { Status: 'Active', AssetType: 'Image', Moderation: { Strategy: 'Default' }, ProjectName: 'default' } });
		const link = textAt(json, 'Result', 'URL');
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 200 });
		on.pass(12 * 60 * 60);
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 403 });
	});

	it.each<[string, () => Buffer, string, string]>([
		['a small image', () => picture('200x200'), 'Image', 'SizeUnsupported'],
		['a video as an image', () => clip('864x496', 2), 'Image', 'TypeMismatch'],
		['a long sound', () => sound(16), 'Audio', 'DurationTooLong'],
		['a slow video', () => clip('864x496', 2, 12), 'Video', 'FpsTooLow'],
		['something else', () => Buffer.from('no medium'), 'Image', 'FormatUndetectable'],
	])('fail for %s', async (_, make, AssetType, Code) => {
		const served = await serveFile(make(), 'application/octet-stream');
		const on = await stage();
		const id = await createAsset(on, await createGroup(on), { URL: served.origin, AssetType });
		await served.close();
		on.pass(6);
		expect((await control(on, 'GetAsset', { Id: id })).json).toMatchObject({ Result: { Status: 'Failed', URL: '', Error: { Code } } });
	});

	it('take a video of 1080p in one region only', async () => {
		const served = await serveFile(clip('1920x1080', 2), 'video/mp4');
		const on = await stage();
		const statuses: unknown[] = [];
		for (const region of ['international', 'china'] as const) {
			const fields = { URL: served.origin, AssetType: 'Video' };
			const id = await createAsset(on, await createGroup(on, { region }), fields, { region });
			on.pass(6);
			statuses.push(at((await control(on, 'GetAsset', { Id: id }, { region })).json, 'Result', 'Status'));
		}
		await served.close();
		expect(statuses).toEqual(['Active', 'Failed']);
	});

	it('are listed by status, group and name', async () => {
		const on = await stage();
		const [one, other] = [await createGroup(on), await createGroup(on)];
		on.simulator.faults.add({ route: 'assets.create', effect: { kind: 'assetFails' } });
		const failed = await createAsset(on, one);
		const active = await createAsset(on, other, { Name: 'Zoe' });
		on.pass(6);
		const list = async (filters: object) => {
			return ids((await control(on, 'ListAssets', { ...page, Filter: { GroupType: 'AIGC', ...filters } })).json);
		};
		expect(await list({ Statuses: ['Failed'] })).toEqual([failed]);
		expect(await list({ Statuses: ['Active', 'Processing'] })).toEqual([active]);
		expect(await list({ GroupIds: [one] })).toEqual([failed]);
		expect(await list({ Name: 'zo' })).toEqual([active]);
		expect(await control(on, 'ListAssets', filter)).toMatchObject(refused(400, 'MissingParameter.PageNumber'));
		expect(await control(on, 'ListAssets', { PageNumber: 1, PageSize: 10 })).toMatchObject(refused(400, 'MissingParameter.Filter'));
	});

	it('can be renamed, not moved, and deleted', async () => {
		const on = await stage();
		const groupId = await createGroup(on);
		const id = await createAsset(on, groupId);
		on.pass(6);
		expect((await control(on, 'UpdateAsset', { Id: id, Name: 'Zoe' })).json).toMatchObject({ Result: { Id: id } });
		expect(await control(on, 'UpdateAsset', { Id: id, GroupId: groupId })).toMatchObject(refused(400, 'InvalidParameter.GroupId'));
		expect((await control(on, 'DeleteAsset', { Id: id })).json).toMatchObject({ Result: {} });
		expect(await control(on, 'DeleteAsset', { Id: id })).toMatchObject(refused(404, 'NotFound.asset_id'));
	});

	it.each<[string, object, number, string]>([
		['a data URI', { URL: 'data:image/png;base64,AAAA' }, 400, 'InvalidParameter.URL'],
		['no type', { AssetType: undefined }, 400, 'MissingParameter.AssetType'],
		['another type', { AssetType: 'Text' }, 400, 'InvalidParameter.AssetType'],
		['another project than that of the group', { ProjectName: 'studio' }, 404, 'NotFound.group_id'],
		['an unknown group', { GroupId: 'group-1' }, 404, 'NotFound.group_id'],
		['no moderation', { Moderation: { Strategy: 'Skip' } }, 400, 'InvalidParameter.Moderation.Strategy'],
	])('refuse %s', async (_, fields, statusCode, code) => {
		const on = await stage();
		const body = { GroupId: await createGroup(on), URL: 'https://example.com/a.png', AssetType: 'Image', ...fields };
		expect(await control(on, 'CreateAsset', body)).toMatchObject(refused(statusCode, code));
	});

	it('are three a minute and fifty in all with the rights of an entry', async () => {
		const on = await stage({ ark: { assetRights: 'entry' } });
		const groupId = await createGroup(on);
		const create = async () => {
			return await control(on, 'CreateAsset', { GroupId: groupId, URL: 'https://example.com/a.png', AssetType: 'Image' });
		};
		for (let count = 0; count < 50; count++) {
			expect(await create()).toMatchObject({ statusCode: 200 });
			if (count === 2) expect(await create()).toMatchObject(refused(429, 'QuotaWriteQPMExceeded'));
			if (count % 3 === 2) on.pass(60);
		}
		expect(await create()).toMatchObject(refused(429, 'QuotaSharedPoolExceeded'));
	});
});

describe('a real person', () => {
	const start = async (on: Stage) => {
		const { json } = await control(on, 'CreateVisualValidateSession', { CallbackURL: 'https://example.com/done?from=n8n' });
		return { token: textAt(json, 'Result', 'BytedToken'), link: textAt(json, 'Result', 'H5Link') };
	};
	const result = async (on: Stage, token: string) => await control(on, 'GetVisualValidateResult', { BytedToken: token });

	it('who passes behind the link is sent on, and gets a group', async () => {
		const on = await stage();
		const { token, link } = await start(on);
		expect((await result(on, token)).json).toMatchObject({ Result: { GroupId: '' } });
		const { statusCode, headers } = await fetchUrl(`${link}&lng=en`);
		const target = new URL(String(headers.location));
		expect(statusCode).toBe(302);
		expect(Object.fromEntries(target.searchParams)).toMatchObject({ from: 'n8n', bytedToken: token, resultCode: '10000' });
		const groupId = textAt((await result(on, token)).json, 'Result', 'GroupId');
		const Filter = { GroupType: 'LivenessFace' };
		expect(ids((await control(on, 'ListAssetGroups', { Filter })).json)).toEqual([groupId]);
		const assetId = await createAsset(on, groupId);
		on.pass(6);
		expect(ids((await control(on, 'ListAssets', { ...page, Filter })).json)).toEqual([assetId]);
		expect(await control(on, 'DeleteAssetGroup', { Id: groupId })).toMatchObject(refused(403, 'OperationDenied'));
	});

	it('has two minutes for the link, and who asks half an hour for the result', async () => {
		const on = await stage();
		const { token, link } = await start(on);
		on.pass(120);
		expect(await fetchUrl(link)).toMatchObject({ statusCode: 410 });
		expect(await result(on, token)).toMatchObject({ statusCode: 200 });
		on.pass(28 * 60);
		expect(await result(on, token)).toMatchObject(refused(400, 'InvalidParameter.BytedToken'));
	});

	it('who does not pass gets no group', async () => {
		const on = await stage();
		const { token, link } = await start(on);
		expect(String((await fetchUrl(`${link}&fail=1`)).headers.location)).not.toContain('resultCode=10000');
		expect((await result(on, token)).json).toMatchObject({ Result: { GroupId: '' } });
	});
});
