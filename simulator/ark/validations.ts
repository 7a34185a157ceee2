import { randomUUID } from 'node:crypto';
import { Refusal, type ApiRequest, type Caller, type Surroundings } from '../provider';
import { readFields, readProject, readRequired } from './assetFields';
import type { AssetLibrary } from './assets';
import type { Region } from './accounts';
import { invalidField } from './errors';

interface Session {
	caller: Caller;
	projectName: string;
	callbackUrl: string;
	createdAtMs: number;
	/** Once the person has passed. */
	groupId?: string;
}

/** By the pages of September 2026; an older one gives the token no more than the link. */
const tokenMs = 30 * 60 * 1000;
const linkMs = 120 * 1000;

/**
 * Real persons: a link for the person, whose check makes a group. Nobody has written down a live walk.
 * Source: the page "Real-person portrait library" of BytePlus.
 */
export class Validations {
	private readonly sessions: Map<string, Session>;

	constructor(
		region: Region,
		private readonly surroundings: Surroundings,
		private readonly library: AssetLibrary,
	) {
		this.sessions = surroundings.records(`${region.id}.validations`);
	}

	create({ caller, headers, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['CallbackURL']);
		const callbackUrl = readRequired(fields.CallbackURL, 'CallbackURL');
		if (!/^https?:\/\//.test(callbackUrl) || !URL.canParse(callbackUrl)) {
			throw invalidField('CallbackURL', 'must be a URL');
		}
		const token = randomUUID().replaceAll('-', '');
		const createdAtMs = this.surroundings.now();
		this.sessions.set(token, { caller, projectName: readProject(fields), callbackUrl, createdAtMs });
		const link = `http://${headers.host ?? ''}/h5/face?bytedToken=${token}`;
		return { BytedToken: token, H5Link: link, CallbackURL: callbackUrl };
	}

	/** What the person opens: passes at once, or does not with `&fail=1`, and is sent on. */
	open({ query: { bytedToken = '', fail } }: ApiRequest): never {
		const session = this.sessions.get(bytedToken);
		const isAlive = session && this.surroundings.now() < session.createdAtMs + linkMs;
		if (!isAlive) throw new Refusal(410, () => ({ message: 'The link has expired' }));
		const isPassed = fail === undefined;
		if (isPassed) {
			session.groupId ??= this.library.addGroup(session.caller, {
				name: '',
				description: '',
				groupType: 'LivenessFace',
				projectName: session.projectName,
			});
		}
		const target = new URL(session.callbackUrl);
		const result = {
			bytedToken,
			resultCode: isPassed ? '10000' : '10001',
			algorithmBaseRespCode: '0',
			reqMeasureInfoValue: isPassed ? '1' : '0',
			verify_type: 'real_time',
		};
		for (const [name, value] of Object.entries(result)) target.searchParams.set(name, value);
		throw new Refusal(302, () => undefined, { location: target.href });
	}

	/** What is said while the person has not finished is not documented: an empty ID, as a gateway shows it. */
	get({ caller, body: sent }: ApiRequest): object {
		const fields = readFields(sent, ['BytedToken']);
		const session = this.sessions.get(readRequired(fields.BytedToken, 'BytedToken'));
		const isOwn = session?.caller.userId === caller.userId && session.projectName === readProject(fields);
		if (!isOwn || this.surroundings.now() >= session.createdAtMs + tokenMs) {
			throw invalidField('BytedToken', 'is unknown or has expired');
		}
		return { GroupId: session.groupId ?? '' };
	}
}
