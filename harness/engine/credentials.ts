import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	IDataObject,
	IHttpRequestOptions,
	INode,
	INodeCredentialsDetails,
	INodeParameters,
	IRequestOptionsSimplified,
	IWorkflowExecuteAdditionalData,
	Workflow,
} from 'n8n-workflow';
import {
	ICredentialsHelper,
	injectDomainRestrictionFields,
	isExpression,
	NodeHelpers,
	UnexpectedError,
} from 'n8n-workflow';

/** The data of each credential by its type, as a user would have filled it in. */
export type CredentialData = Record<string, ICredentialDataDecryptedObject>;

/**
 * Holds credentials in memory and does with them what n8n's own helper does: fills in defaults
 * and applies `authenticate`. Does not evaluate expressions inside the credential's data.
 */
export class EngineCredentials extends ICredentialsHelper {
	constructor(
		private readonly types: readonly ICredentialType[],
		private readonly data: CredentialData,
	) {
		super();
	}

	/** As n8n does it, the caller's own options object receives the secret. */
	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		typeName: string,
		incoming: IHttpRequestOptions | IRequestOptionsSimplified,
		workflow?: Workflow,
		node?: INode,
	): Promise<IHttpRequestOptions> {
		const options = incoming as IHttpRequestOptions;
		const { authenticate } = this.find(typeName);
		if (!authenticate) return options;
		if (typeof authenticate === 'function') return await authenticate(credentials, options);
		if (!workflow || !node) throw new UnexpectedError('A generic authenticate needs a node');

		const { headers, qs, ...others } = authenticate.properties;
		const [unsupported] = Object.keys(others);
		if (unsupported)
			throw new UnexpectedError(`The harness does not put a credential in ${unsupported}`);
		const resolve = (value: unknown) => evaluate(String(value), credentials, workflow, node);
		const resolveAll = (values: IDataObject = {}): IDataObject =>
			Object.fromEntries(
				Object.entries(values).map(([key, value]) => [resolve(key), resolve(value)]),
			);
		options.headers = { ...options.headers, ...resolveAll(headers) };
		if (qs) options.qs = { ...options.qs, ...resolveAll(qs) };
		return options;
	}

	async getDecrypted(
		_additionalData: IWorkflowExecuteAdditionalData,
		_details: INodeCredentialsDetails,
		typeName: string,
	): Promise<ICredentialDataDecryptedObject> {
		const data = this.data[typeName];
		if (!data) throw new UnexpectedError(`No credential of type "${typeName}" was given`);
		const properties = this.getCredentialsProperties(typeName);
		const withDefaults = NodeHelpers.getNodeParameters(
			properties,
			structuredClone(data) as INodeParameters,
			true,
			false,
			null,
			null,
		);
		return withDefaults as ICredentialDataDecryptedObject;
	}

	getCredentialsProperties(typeName: string) {
		return injectDomainRestrictionFields(this.find(typeName));
	}

	getParentTypes(typeName: string): string[] {
		return this.find(typeName).extends ?? [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async preAuthentication(): Promise<undefined> {}

	async runPreAuthentication(): Promise<undefined> {}

	async getCredentials(): Promise<never> {
		throw new UnexpectedError('The harness has no encrypted credentials');
	}

	async updateCredentials(): Promise<never> {
		throw new UnexpectedError('The harness does not write credentials');
	}

	async updateCredentialsOauthTokenData(): Promise<never> {
		throw new UnexpectedError('The harness does not write credentials');
	}

	private find(typeName: string): ICredentialType {
		const type = this.types.find(({ name }) => name === typeName);
		if (type) return type;
		throw new UnexpectedError(`Credential type "${typeName}" was not given to the harness`);
	}
}

/** A text of a credential type as n8n evaluates it: an expression sees the data as `$credentials`. */
export function evaluate(text: string, credentials: ICredentialDataDecryptedObject, workflow: Workflow, node: INode): string {
	// As n8n does it, which saves half of the evaluations.
	if (!isExpression(text)) return text;
	return String(
		workflow.expression.getSimpleParameterValue(node, text, 'internal', { $credentials: credentials }, undefined, ''),
	);
}
