import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, selectors, type Browser, type Locator, type Page } from 'playwright-core';
import { owner } from './n8nClient';
import { Recording } from './recording';
import { until } from './until';

const executablePath = '/usr/bin/chromium';
const actionTimeoutMs = 15_000;
/** A page loads slowly while n8n and the tests beside it use all cores. */
const navigationTimeoutMs = 60_000;
const menuTimeoutMs = 2_000;
/** Of a person, between two characters. */
const typingDelayMs = 40;

/** Around a workflow. */
const canvasMargin = 32;

/** Height to width of the picture of a node: what follows further down would make it small on a page. */
const nodePictureShape = 0.74;

interface Box {
	x: number;
	y: number;
	width: number;
	height: number;
}

/** Nothing of the browser itself may ask for something or talk to the internet. */
const browserArguments = [
	'--headless=new',
	'--no-sandbox',
	'--disable-gpu',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	'--force-color-profile=srgb',
];

/** A person at n8n's editor: sees labels, opens menus, picks from them. */
export class Editor {
	private constructor(
		private readonly browser: Browser,
		private readonly page: Page,
		private readonly baseUrl: string,
		private readonly pictureFolder: string,
	) {}

	/** Opens a browser and logs in as the owner. */
	static async open(baseUrl: string, pictureFolder: string): Promise<Editor> {
		await mkdir(pictureFolder, { recursive: true });
		selectors.setTestIdAttribute('data-test-id');
		const browser = await chromium.launch({ executablePath, args: browserArguments });
		const page = await browser.newPage({
			viewport: { width: 1600, height: 1000 },
			deviceScaleFactor: 1,
			reducedMotion: 'reduce',
			colorScheme: 'light',
		});
		page.setDefaultTimeout(actionTimeoutMs);
		page.setDefaultNavigationTimeout(navigationTimeoutMs);
		await page.goto(`${baseUrl}/signin`);
		await page.getByTestId('emailOrLdapLoginId').locator('input').fill(owner.email);
		await page.getByTestId('password').locator('input').fill(owner.password);
		await page.getByTestId('form-submit-button').click();
		await page.waitForURL(/\/home\//);
		return new Editor(browser, page, baseUrl, pictureFolder);
	}

	async close(): Promise<void> {
		await this.browser.close();
	}

	/** How long it waits for the editor where no method says otherwise; on a busy computer that may be long. */
	setPatience(timeoutMs: number): void {
		this.page.setDefaultTimeout(timeoutMs);
	}

	/** Begins to record what the person sees and does. @param folder gets the frames */
	async record(folder: string): Promise<Recording> {
		return await Recording.start(this.page, folder);
	}

	async openCommunityNodes(): Promise<void> {
		await this.page.goto(`${this.baseUrl}/settings/community-nodes`);
		await this.page.getByText('Community nodes', { exact: true }).last().waitFor();
	}

	/** Installs a package under Settings → Community Nodes, and waits until n8n lists it. */
	async installCommunityPackage(name: string, timeoutMs: number): Promise<void> {
		await this.page.getByRole('button', { name: 'Install' }).first().click();
		await this.page.locator('input[name=packageNameInput]').pressSequentially(name, { delay: typingDelayMs });
		await this.page.getByTestId('user-agreement-checkbox').click();
		await this.page.getByTestId('install-community-package-button').click();
		await this.page.getByTestId('community-package-card').getByText(name).waitFor({ timeout: timeoutMs });
	}

	async openNewWorkflow(): Promise<void> {
		await this.page.goto(`${this.baseUrl}/workflow/new`);
		await this.page.getByTestId('canvas-add-button').waitFor();
	}

	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.baseUrl}/workflow/${id}`);
		await this.page.getByTestId('canvas-node').first().waitFor();
		await this.page.getByTestId('zoom-to-fit').click();
	}

	async searchNodes(text: string): Promise<void> {
		await this.page.getByTestId('node-creator-plus-button').click();
		await this.nodesSearch.fill(text);
	}

	/** What the nodes panel lists: nodes, or the actions of one. */
	async listed(): Promise<string[]> {
		const names = this.nodesPanel.getByTestId('node-creator-item-name').filter({ visible: true });
		return await names.allInnerTexts();
	}

	/** Opens the triggers and actions of a node that the panel lists. */
	async openActions(node: string): Promise<void> {
		await this.nodesPanel.getByText(node, { exact: true }).click();
		await this.nodesSearch.waitFor({ state: 'detached' });
		await this.nodesPanel.getByTestId('node-creator-item-name').first().waitFor();
		// In an empty workflow n8n folds the actions of a node with triggers; for one without, it suggests some of its own.
		const suggestion = this.nodesPanel.getByText('On a Schedule', { exact: true });
		if (!(await suggestion.isVisible())) await this.nodesPanel.getByText(/^Actions \(/).click();
	}

	/** Adds the node for an action that the panel shows; n8n opens it. */
	async addAction(action: string): Promise<void> {
		await this.nodesPanel.getByText(action, { exact: true }).click();
		await this.details.waitFor();
	}

	async openNode(name: string): Promise<void> {
		await this.node(name).dblclick();
		await this.details.waitFor();
	}

	async closeNode(): Promise<void> {
		await this.page.getByTestId('ndv-close-button').click();
		await this.details.waitFor({ state: 'hidden' });
	}

	/** The labels of the open node's fields, from top to bottom. */
	async labels(): Promise<string[]> {
		const labels = this.details
			.getByTestId('node-parameters')
			.locator('[data-test-id=input-label], [data-test-id=credentials-label]')
			.filter({ visible: true });
		return (await labels.allInnerTexts()).map(firstLine);
	}

	/** What an options field offers. */
	async optionsOf(field: string): Promise<string[]> {
		await this.parameter(field).click();
		const options = this.options.locator('.option-headline');
		await options.first().waitFor();
		const names = await options.allInnerTexts();
		await this.parameter(field).click();
		await this.options.first().waitFor({ state: 'hidden' });
		return names;
	}

	/** What can be added to a collection such as Options. */
	async addableTo(collection: string): Promise<string[]> {
		const item = this.details
			.getByTestId('parameter-item')
			.filter({ has: this.page.locator(`label[for="${collection}"]`) });
		const menu = item.getByTestId('collection-parameter-add');
		await menu.click();
		await this.options.first().waitFor();
		const names = await this.options.allInnerTexts();
		await menu.click();
		await this.options.first().waitFor({ state: 'hidden' });
		return names;
	}

	/** What an options field is set to. */
	async valueOf(field: string): Promise<string> {
		return await this.parameter(field).getByRole('combobox').inputValue();
	}

	async choose(field: string, option: string): Promise<void> {
		await this.parameter(field).click();
		await this.options
			.filter({ has: this.page.locator('.option-headline').getByText(option, { exact: true }) })
			.click();
		await this.options.first().waitFor({ state: 'hidden' });
	}

	async fill(field: string, text: string): Promise<void> {
		await this.parameter(field).locator('input, textarea').first().fill(text);
	}

	/** The label over the credential field of the open node. */
	async credentialLabel(): Promise<string> {
		return await this.details.getByTestId('credentials-label').innerText();
	}

	/** Chooses a credential for the open node, as is needed when another provider was chosen. */
	async chooseCredential(name: string): Promise<void> {
		const menu = this.details.getByTestId('node-credentials-select').getByRole('combobox');
		const option = this.options.filter({ hasText: name });
		await until(
			`the credential ${name} to be listed`,
			async () => {
				// The field is drawn anew after a change of the provider, which closes its menu.
				await menu.click();
				await option.waitFor({ timeout: menuTimeoutMs });
				await option.click();
				return true;
			},
			actionTimeoutMs,
		);
		await this.details.getByTestId('credential-edit-button').waitFor();
	}

	/** Makes the first credential for the open node; n8n closes the dialog when it has saved it. */
	async createCredential(values: Readonly<Record<string, string>>): Promise<void> {
		await this.details.getByTestId('node-credentials-empty-state').click();
		await this.credentialDialog.waitFor();
		for (const [field, value] of Object.entries(values)) {
			await this.credentialDialog.getByTestId(`parameter-input-${field}`).locator('input').fill(value);
		}
		await this.credentialDialog.getByTestId('credential-save-button').click();
		await this.credentialDialog.waitFor({ state: 'hidden' });
	}

	async openCredential(): Promise<void> {
		await this.details.getByTestId('credential-edit-button').click();
		await this.credentialDialog.waitFor();
	}

	/** The labels of the fields of the credential that is open. */
	async credentialFields(): Promise<string[]> {
		const fields = this.credentialDialog.getByTestId('credential-connection-parameter');
		const labels = fields.locator('label').filter({ visible: true });
		return (await labels.allInnerTexts()).map(firstLine);
	}

	/** Waits until n8n has tested the credential that is open, with success. */
	async credentialIsTested(): Promise<void> {
		await this.credentialDialog.getByText('Connection tested successfully').filter({ visible: true }).first().waitFor();
	}

	/** What n8n says when it has tested the credential that is open. */
	async credentialTestResult(): Promise<string> {
		return await this.credentialDialog
			.locator('[data-test-id^=credentials-config-container-test]')
			.filter({ visible: true })
			.innerText();
	}

	async closeCredential(): Promise<void> {
		// Escape would close the node behind it as well.
		await this.credentialDialog.locator('.el-dialog__headerbtn, [aria-label*=lose]').first().click();
		await this.credentialDialog.waitFor({ state: 'hidden' });
	}

	/**
	 * Runs a workflow that begins with a form, fills the form in, and waits until a node has ended well.
	 * @param answers to the fields in their order: a text, or the path of a file
	 */
	async executeWithForm(answers: readonly string[], lastNode: string, timeoutMs: number): Promise<void> {
		const opened = this.page.waitForEvent('popup');
		await this.page.getByTestId('execute-workflow-button').click();
		const form = await opened;
		const fields = form.locator('form :is(input, textarea):visible');
		await fields.nth(answers.length - 1).waitFor();
		for (const [index, answer] of answers.entries()) {
			const field = fields.nth(index);
			if ((await field.getAttribute('type')) === 'file') await field.setInputFiles(answer);
			else await field.fill(answer);
		}
		await form.locator('button[type=submit], #submit-btn').first().click();
		await this.node(lastNode)
			.getByTestId('canvas-node-status-success')
			.waitFor({ timeout: timeoutMs });
		await form.close();
		await this.page.getByRole('alert').filter({ visible: true }).locator('.el-notification__closeBtn').click();
	}

	/** Runs the workflow and waits until a node has ended well. */
	async execute(lastNode: string, timeoutMs: number): Promise<void> {
		await this.page.getByTestId('execute-workflow-button').click();
		await this.node(lastNode)
			.getByTestId('canvas-node-status-success')
			.waitFor({ timeout: timeoutMs });
		await this.page.getByRole('alert').filter({ visible: true }).locator('.el-notification__closeBtn').click();
		await this.page.getByRole('alert').first().waitFor({ state: 'hidden' });
	}

	/** Runs the open node, and waits until it has given something. */
	async executeStep(timeoutMs: number): Promise<void> {
		await this.details.getByTestId('node-execute-button').click();
		await this.details.getByTestId('output-panel').getByTestId('ndv-items-count').waitFor({ timeout: timeoutMs });
	}

	/** Shows the executions of a workflow, the newest of them with its result on each node. */
	async openExecutions(workflowId: string): Promise<void> {
		await this.page.goto(`${this.baseUrl}/workflow/${workflowId}/executions`);
		await this.page.getByTestId('execution-preview-label').waitFor();
		// n8n opens a list of advice over the first executions.
		await this.page.keyboard.press('Escape');
	}

	/** The text of the open node's output. */
	async output(): Promise<string> {
		return await this.details.getByTestId('output-panel').innerText();
	}

	/** Shows the first video of the open node's output in n8n's player, at its beginning. */
	async showVideo(): Promise<void> {
		await this.details.getByTestId('ndv-view-binary-data').first().click();
		await this.page.locator('video').evaluate(async (video: HTMLVideoElement) => {
			video.pause();
			if (video.readyState === HTMLMediaElement.HAVE_ENOUGH_DATA) return;
			await new Promise((resolve) => video.addEventListener('canplaythrough', resolve, { once: true }));
		});
	}

	/** Plays the video that is shown. */
	async playVideo(): Promise<void> {
		await this.page.locator('video').evaluate(async (video: HTMLVideoElement) => await video.play());
	}

	/** Adds an entry to a list field, e.g. an image to Images. */
	async addEntry(list: string): Promise<void> {
		await this.details.getByTestId(`fixed-collection-${list}`).getByTestId('fixed-collection-add').click();
	}

	/** Opens the list of a picker, which takes a moment to fill. */
	async openPicker(field: string): Promise<void> {
		await this.parameter(field).getByTestId('rlc-input').click();
	}

	/** What the open picker lists. */
	async picks(): Promise<string[]> {
		return await this.pickerItems.allInnerTexts();
	}

	/** Picks from the list that is open. */
	async pick(item: string): Promise<void> {
		await this.pickerItems.filter({ hasText: item }).click();
		await this.pickerItems.first().waitFor({ state: 'hidden' });
	}

	async pickedIn(field: string): Promise<string> {
		return await this.parameter(field).getByTestId('rlc-input').inputValue();
	}

	async takePicture(name: string): Promise<void> {
		// Away from fields that show more while the mouse is over them.
		await this.page.mouse.move(0, 0);
		const path = join(this.pictureFolder, `${name}.png`);
		await this.page.screenshot({ path, animations: 'disabled' });
	}

	/** Takes a picture of the open node's fields and of its output, without the input. */
	async takeNodePicture(name: string): Promise<void> {
		await this.page.mouse.move(0, 0);
		const [fields, output] = [
			await this.details.getByTestId('node-parameters').boundingBox(),
			await this.details.getByTestId('output-panel').boundingBox(),
		];
		if (!fields || !output) throw new Error('The open node shows no fields or no output');
		const width = output.x + output.width - fields.x;
		const clip = { x: fields.x, y: output.y, width, height: Math.min(output.height, width * nodePictureShape) };
		await this.page.screenshot({ path: join(this.pictureFolder, `${name}.png`), animations: 'disabled', clip });
	}

	/** Takes a picture of the workflow alone, in its natural size. */
	async takeCanvasPicture(name: string): Promise<void> {
		const usual = this.page.viewportSize();
		// n8n does not show a workflow larger than it is.
		await this.page.setViewportSize({ width: 3200, height: 2000 });
		await this.page.getByTestId('zoom-to-fit').click();
		await this.page.mouse.move(0, 0);
		const boxes = await until(
			'the workflow to stand still',
			async () => {
				const before = await this.nodeBoxes();
				await this.page.evaluate(async () => await new Promise((resolve) => requestAnimationFrame(resolve)));
				return JSON.stringify(before) === JSON.stringify(await this.nodeBoxes()) ? before : undefined;
			},
			actionTimeoutMs,
		);
		await this.refuseCutNotes(name);
		const x = Math.min(...boxes.map((box) => box.x)) - canvasMargin;
		const y = Math.min(...boxes.map((box) => box.y)) - canvasMargin;
		const width = Math.max(...boxes.map((box) => box.x + box.width)) + canvasMargin - x;
		const height = Math.max(...boxes.map((box) => box.y + box.height)) + canvasMargin - y;
		const path = join(this.pictureFolder, `${name}.png`);
		await this.page.screenshot({ path, animations: 'disabled', clip: { x, y, width, height } });
		if (usual) await this.page.setViewportSize(usual);
	}

	/** @throws Error if a note on the canvas is too small for its text */
	private async refuseCutNotes(name: string): Promise<void> {
		const cut = await this.page.locator('.n8n-sticky').evaluateAll((notes) =>
			notes.flatMap((note) => {
				const parts = [note, ...note.querySelectorAll('*')];
				const isCut = parts.some((part) => {
					return getComputedStyle(part).overflowY !== 'visible' && part.scrollHeight > part.clientHeight + 2;
				});
				return isCut ? [(note.textContent ?? '').trim().slice(0, 60)] : [];
			}),
		);
		if (cut.length > 0) throw new Error(`${name}: too small for its text is the note ${cut.join(', ')}`);
	}

	/** Of all nodes with their labels and buttons, and of the sticky notes. */
	private async nodeBoxes(): Promise<Box[]> {
		const parts = this.page.locator(
			'.vue-flow__node, [data-test-id=canvas-node] *, .vue-flow__edges path',
		);
		return await parts.evaluateAll((elements) =>
			elements
				.map((element) => element.getBoundingClientRect())
				.filter(({ width, height }) => width > 0 && height > 0)
				.map(({ x, y, width, height }) => ({ x, y, width, height })),
		);
	}

	/** Takes a picture in the light and in the dark theme. */
	async takePictures(name: string): Promise<void> {
		await this.takePicture(`${name}-light`);
		await this.page.emulateMedia({ colorScheme: 'dark' });
		await this.takePicture(`${name}-dark`);
		await this.page.emulateMedia({ colorScheme: 'light' });
	}

	private get nodesPanel(): Locator {
		return this.page.getByTestId('node-creator');
	}

	private get nodesSearch(): Locator {
		return this.page.getByTestId('node-creator-search-bar');
	}

	private get credentialDialog(): Locator {
		return this.page.getByTestId('editCredential-modal');
	}

	private node(name: string): Locator {
		return this.page.locator(`[data-test-id=canvas-node][data-node-name="${name}"]`);
	}

	private get details(): Locator {
		return this.page.getByTestId('ndv');
	}

	/** The entries of the menu that is open. */
	private get options(): Locator {
		return this.page.getByRole('option').filter({ visible: true });
	}

	private get pickerItems(): Locator {
		return this.page.getByTestId('rlc-item').filter({ visible: true });
	}

	private parameter(field: string): Locator {
		return this.details.getByTestId(`parameter-input-${field}`);
	}
}

/** A label that the mouse is over shows buttons, too. */
const firstLine = (text: string) => (text.trim().split('\n')[0] ?? '').trim();
