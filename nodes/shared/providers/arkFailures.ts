import type { FailureHint, RetryRule } from './adapter';
import * as seedance from './seedance';

/**
 * Reasons and next steps for what the two APIs of Ark say. Sources: the documents "Error codes" of BytePlus and
 * Volcengine (82379/1299023, 6369/68677), and answers that public clients have recorded.
 */

/** The account has as many tasks under way, or in the queue, as it may have. */
const untilThereIsRoom: RetryRule = { intervalMs: 10_000, maxMs: 15 * 60_000, isCapacity: true };
/** Of the API of the assets, which refuses bursts with whatever status. */
const untilTheBurstIsOver: RetryRule = { intervalMs: 2_000, maxMs: 60_000 };
/** Accounts without paid rights may make three assets a minute. */
const untilTheMinuteIsOver: RetryRule = { intervalMs: 25_000, maxMs: 5 * 60_000 };

const inTheConsole = 'in the Ark console';

export const failureHints: readonly FailureHint[] = [
	{
		match: /PrivacyInformation|real person|real face/i,
		reason: 'moderation',
		description:
			'A face that looks real was found in a file that is given by link or as a file, even if it was made by a computer. Make an asset of the file and cite that, or take a video of your own that Seedance 2 has made within 30 days.',
	},
	seedance.moderationHint,
	{ ...seedance.moderationHint, match: /RiskDetection|ContentSecurity/i },
	{
		match: /ModelNotOpen|ServiceNotOpen/i,
		reason: 'permission',
		description: `The account has not opened this model. Open it ${inTheConsole} under model activation; that needs a balance or a resource pack.`,
	},
	{
		match: /ModelIDAccessDisabled/i,
		reason: 'permission',
		description: `This account reaches models by endpoints only. Make an endpoint ${inTheConsole}, and enter its ID, which begins with ep-, as Model By ID.`,
	},
	{
		match: /InvalidEndpointOrModel/i,
		reason: 'permission',
		description:
			'Check the Model, and that it is one of the Region of the credential: those of BytePlus and of China have different IDs. An endpoint belongs to one account and one region.',
	},
	{
		match: /ClosedEndpoint/i,
		reason: 'permission',
		description: `The endpoint is closed. Start it ${inTheConsole}, or choose a model.`,
	},
	{
		match: /AuthenticationError|InvalidAccountStatus/i,
		reason: 'authentication',
		description:
			'Check the API Key and the Region in the credential: a key of BytePlus does not work in China, nor the other way round, and an access key (AKLT…) is no API key.',
	},
	{
		match: /InvalidTimestamp/i,
		reason: 'authentication',
		description: 'The clock of the machine that n8n runs on is wrong. Set it by a time server; signatures are valid for minutes only.',
	},
	{
		match: /InvalidAccessKey|SignatureDoesNotMatch|InvalidAuthorization|InvalidCredential|InvalidSecretToken|MissingRequestInfo/i,
		reason: 'authentication',
		description:
			'Check Access Key ID, Secret Access Key and Region in the credential: they belong together, and the API Key is neither of them. Copy both again from the access keys of the account.',
	},
	{
		match: /not authorized to perform/i,
		reason: 'permission',
		description:
			'The user of the access key may not use assets. Give it the policy ArkFullAccess, or one that allows ark:*Asset*, in the access management of the account.',
	},
	{
		match: /AccountOverdue|ServiceOverdue/i,
		reason: 'quota',
		description: 'The account owes money. Settle it in the console of the account.',
	},
	{
		match: /QuotaSharedPoolExceeded|shared pool/i,
		reason: 'quota',
		description: 'There is no room for another asset or group in the account. Delete some that are not needed, or book more room.',
	},
	{
		match: /QuotaWriteQPMExceeded/i,
		reason: 'rateLimit',
		description: 'The account makes too many assets a minute; without paid rights these are three. Run this again later. The library is not full: delete nothing.',
		repeat: untilTheMinuteIsOver,
	},
	{
		match: /FlowLimitExceeded|RequestThrottled/i,
		reason: 'rateLimit',
		description: 'There are too many requests for assets at a time. Wait a while and run this again.',
		repeat: untilTheBurstIsOver,
	},
	{
		match: /InflightBatchsizeExceeded/i,
		reason: 'rateLimit',
		description: 'The account accepted no more tasks at a time for 15 minutes. Run this again when some have ended, or stay below its limit with the option "Tasks at Once".',
		repeat: untilThereIsRoom,
	},
	{
		match: /QuotaExceeded.{0,300}queue/i,
		reason: 'rateLimit',
		description: 'The queue of the account was full for 15 minutes. Run this again when some tasks have ended, or stay below its limit with the option "Tasks at Once".',
		repeat: untilThereIsRoom,
	},
	{
		match: /QuotaExceeded|SetLimitExceeded/i,
		reason: 'quota',
		description: `What the account may use is used up: a free trial, a limit by time, or one that its owner has set. The message says which; change it ${inTheConsole}, or wait until it begins anew.`,
	},
	{
		match: /RateLimitExceeded|RequestBurstTooFast|ServerOverloaded/i,
		reason: 'rateLimit',
		description: 'Send fewer requests at a time, or wait a while and run this again.',
	},
	{
		match: /AccessDenied|PermissionDenied|OperationDenied/i,
		reason: 'permission',
		description: `Check ${inTheConsole} what the key may do: it can be limited to models, to endpoints or to addresses.`,
	},
	{
		match: /GroupType/,
		reason: 'input',
		description: 'Set the filter Group Type to AIGC or Liveness Face: there is no list of both.',
	},
	{
		match: /NotFound\.group_id|group-\S{1,80} is not found/i,
		reason: 'notFound',
		description:
			'Check the group ID, and Region and Project Name in the credential: a group is found in its own project only. A new one can take a few seconds to appear.',
	},
	{
		match: /NotFound\.asset_id/i,
		reason: 'notFound',
		description:
			'Check the asset ID, and Region and Project Name in the credential: an asset is found in its own project only. A new one can take a few seconds to appear.',
	},
	{
		// What a generation is told of an asset that it cannot cite, whatever the cause.
		match: /asset.{0,100}(not found|not exist)/i,
		reason: 'notFound',
		description:
			'Check the asset ID, that its status is Active, and that it belongs to the account, the region and the project of the API key. "Get Asset" shows the status: one that is processing becomes Active soon; one that has failed never does, so make a new asset from a file that fits.',
	},
	{
		match: /DownloadFailed|resource not found|download/i,
		reason: 'input',
		description: 'The address of a file could not be read. It must be public, work without a login, and give the file itself.',
	},
	{
		match: /TaskTypeConstraint|TaskTypeMismatch/i,
		reason: 'input',
		description:
			'The model took this for another kind of task than the settings fit, by the words of the Prompt. Set Aspect Ratio to adaptive, and Duration to Automatic for an edit, or say with Intent what the references are for.',
	},
	{
		match: /RunningTaskDeletion/i,
		reason: 'input',
		description: 'The task has begun, so that it cannot be cancelled any more. It continues, and is paid if it succeeds.',
	},
	{
		match: /NotFound\b|ResourceNotFound/i,
		reason: 'notFound',
		description:
			'Check the ID, and that the credential is of the account and the region of the task. Tasks are kept for 7 days, cancelled ones for 24 hours.',
	},
	{
		match: /MissingParameter|InvalidParameter|InvalidImageURL|FormatUnsupported/i,
		reason: 'input',
		description: 'Change what the message names. "content[2]" is the third of what is sent: the Prompt, then the images, videos and audio.',
	},
];
