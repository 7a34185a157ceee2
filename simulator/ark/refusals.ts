import type { AnswerEffect } from '../types';
import { controlRefusal, ControlError, dataError, unauthenticated } from './errors';
import type { Refusal } from '../provider';

const requestId = '021732000000000simulated';

function effect({ statusCode, body }: Refusal, afterAcceptance = false): AnswerEffect {
	return { kind: 'status', statusCode, body: body(requestId), ...(afterAcceptance && { afterAcceptance }) };
}

function control(statusCode: number, code: string, message: string): AnswerEffect {
	const fields = { action: undefined, version: undefined, signingRegion: 'ap-southeast-1' };
	return effect(controlRefusal(new ControlError(statusCode, code, message), fields));
}

const message = 'The request failed because';
const inFlight = dataError(500, 'InternalServiceError', 'The service encountered an unexpected internal error.');
const flowLimit = 'The request rate of the account exceeds the limit. Please try again later.';

/** Refusals of the documents that no request brings about here, as effects of faults. */
export const arkRefusals = {
	authentication: effect(unauthenticated()),
	/** Of the data plane. */
	modelNotOpen: effect(
		dataError(404, 'ModelNotOpen', 'Your account has not activated the model. Please activate the model service in the console.'),
	),
	accountOverdue: effect(dataError(403, 'AccountOverdueError', `${message} your account has an overdue balance.`)),
	serviceNotOpen: effect(dataError(403, 'OperationDenied.ServiceNotOpen', `${message} the service is not activated.`)),
	endpointClosed: effect(dataError(400, 'InvalidEndpoint.ClosedEndpoint', `${message} the endpoint is closed.`)),
	modelIdDisabled: effect(
		dataError(404, 'InvalidEndpointOrModel.ModelIDAccessDisabled', `${message} the account may use endpoints only.`),
	),
	/** `QuotaExceeded` has three meanings, by its text. */
	freeTrialUsedUp: effect(dataError(429, 'QuotaExceeded', `${message} your free trial quota has been used up.`)),
	tooManyQueuedTasks: effect(dataError(429, 'QuotaExceeded', `${message} there are too many queued tasks.`)),
	periodLimitReached: effect(
		dataError(429, 'QuotaExceeded', `${message} you have reached your 5-hour usage limit. It will reset at 2026-12-01 00:00:00.`),
	),
	setLimitReached: effect(dataError(429, 'SetLimitExceeded', `${message} the limit that was set for safe mode is reached.`)),
	endpointRate: effect(dataError(429, 'RateLimitExceeded.EndpointRPMExceeded', `${message} the RPM of the endpoint is exceeded.`)),
	tooMuchInFlight: effect(dataError(429, 'InflightBatchsizeExceeded', `${message} too many requests are under way.`)),
	serverOverloaded: effect(dataError(429, 'ServerOverloaded', 'The server is overloaded. Please try again later.')),
	realPerson: effect(
		dataError(
			400,
			'InputImageSensitiveContentDetected.PrivacyInformation',
			`${message} the input image may contain real person.`,
			'content[1].image_url',
		),
	),
	copyright: effect(
		dataError(
			400,
			'InputTextSensitiveContentDetected.PolicyViolation',
			`${message} the input text may be related to copyright restrictions.`,
			'content[0].text',
		),
	),
	sensitiveText: effect(
		dataError(
			400,
			'InputTextSensitiveContentDetected',
			`${message} the input text may contain sensitive information.`,
			'content[0].text',
		),
	),
	internalError: effect(inFlight),
	/** The task is really made. */
	internalErrorAfterAcceptance: effect(inFlight, true),
	/** The body of an error as one relay passed it on: without the envelope. */
	flatRunningTaskDeletion: {
		kind: 'status',
		statusCode: 409,
		body: { code: 'InvalidAction.RunningTaskDeletion', message: 'Cannot delete task because it is currently running' },
	},
	/** Of the control plane. */
	flowLimit: control(429, 'AccountFlowLimitExceeded', flowLimit),
	flowLimitInside200: control(200, 'AccountFlowLimitExceeded', flowLimit),
	flowLimitInside400: control(400, 'AccountFlowLimitExceeded', flowLimit),
	assetQuotaUsedUp: control(
		429,
		'QuotaSharedPoolExceeded',
		'Asset quota exceeded: the shared pool for projects without explicit allocation is full.',
	),
	assetRate: control(429, 'QuotaWriteQPMExceeded', 'The number of CreateAsset requests per minute exceeds the limit.'),
	controlAccessDenied: control(403, 'AccessDenied', 'User is not authorized to perform: ark:CreateAsset'),
	controlTimeout: control(504, 'InternalServiceTimeout', 'The service did not answer in time.'),
} as const satisfies Record<string, AnswerEffect>;
