package winupdate

const (
	askNetwork = "look at the network, a proxy of the machine (netsh winhttp show proxy) and, with a WSUS, at the server"
	askStore   = "repair the image: DISM /Online /Cleanup-Image /RestoreHealth"
	askPolicy  = "look at the host's policies for Windows Update, and at source in windows_update"
)

// Results is the table of all HRESULTs that are known, by their names in wuerror.h,
// winerror.h and cbs.h, and of the exit statuses of winget that are, by the names of
// its own list.
func Results() []Result {
	var all []Result
	for _, part := range [][]Result{outcomes(), obstacles(), wrongSettings(), networkTroubles(), brokenHosts(), wingetStatuses()} {
		all = append(all, part...)
	}
	return all
}

func outcomes() []Result {
	return []Result{
		{0x00240001, "WU_S_SERVICE_STOP", ClassRetry, "the update service was stopped", ""},
		{0x00240005, "WU_S_REBOOT_REQUIRED", ClassSuccess, "it is installed, and a reboot finishes it", ""},
		{0x00240006, "WU_S_ALREADY_INSTALLED", ClassSuccess, "it was installed already", ""},
		{0x00240007, "WU_S_ALREADY_UNINSTALLED", ClassSuccess, "it was removed already", ""},
		{0x00240008, "WU_S_ALREADY_DOWNLOADED", ClassSuccess, "it was downloaded already", ""},
		{0x00000BC2, "ERROR_SUCCESS_REBOOT_REQUIRED", ClassSuccess, "it is done, and a reboot finishes it", ""},
		{0x80240017, "WU_E_NOT_APPLICABLE", ClassGone, "the update does not apply to this host any more", "scan it again"},
		{0x80240024, "WU_E_NO_UPDATE", ClassGone, "there is nothing to install", "scan it again"},
		{0x80240004, "WU_E_NOT_INITIALIZED", ClassRetry, "the update agent was not ready", ""},
		{0x80240022, "WU_E_ALL_UPDATES_FAILED", ClassBroken, "every update failed, each for a reason of its own", ""},
	}
}

func obstacles() []Result {
	return []Result{
		{0x80070005, "E_ACCESSDENIED", ClassPrivilege, "access was denied; the update agent answers SYSTEM on the host alone", "look whether something keeps the task \\patchwave from running as SYSTEM"},
		{0x80240044, "WU_E_PER_MACHINE_UPDATE_ACCESS_DENIED", ClassPrivilege, "only an administrator may install for the whole machine", ""},
		{0x8024001E, "WU_E_SERVICE_STOP", ClassRetry, "the update service was stopped in the middle of it", "try again when the host has settled"},
		{0x8024000B, "WU_E_CALL_CANCELLED", ClassRetry, "it was cancelled", "try again"},
		{0x8007045B, "ERROR_SHUTDOWN_IN_PROGRESS", ClassRetry, "the host was shutting down", "try again after its boot"},
		{0x80240016, "WU_E_INSTALL_NOT_ALLOWED", ClassReboot, "another installation is under way, or a reboot is to come first", "reboot the host"},
		{0x80240009, "WU_E_OPERATIONINPROGRESS", ClassRetry, "another installation or search is under way", "try again later"},
		{0x80070652, "ERROR_INSTALL_ALREADY_RUNNING", ClassRetry, "Windows Installer is at work for somebody else", "try again later"},
		{0x80242014, "WU_E_UH_POSTREBOOTSTILLPENDING", ClassReboot, "what is to follow a reboot is not done yet", "reboot the host"},
		{0x80242015, "WU_E_UH_POSTREBOOTRESULTUNKNOWN", ClassReboot, "nobody can tell what the last reboot brought", "reboot the host"},
		{0x80240019, "WU_E_EXCLUSIVE_INSTALL_CONFLICT", ClassRetry, "an update that is to be installed alone was not alone", "try again"},
		{0x80240020, "WU_E_NO_INTERACTIVE_USER", ClassSkip, "it needs a user who is logged in", "install it by hand"},
		{0x80240023, "WU_E_EULAS_DECLINED", ClassSkip, "its terms are not accepted", "accept_eula in windows_update does"},
		{0x80240033, "WU_E_EULA_UNAVAILABLE", ClassSkip, "its terms could not be fetched", "try again"},
		{0x80240028, "WU_E_UNINSTALL_NOT_ALLOWED", ClassSkip, "the update agent may not remove it", ""},
		{0x800F0825, "CBS_E_CANNOT_UNINSTALL", ClassSkip, "it is a permanent part of Windows and cannot be removed", ""},
		{0x800F0805, "CBS_E_INVALID_PACKAGE", ClassGone, "the image has no such package any more", ""},
	}
}

func wrongSettings() []Result {
	return []Result{
		{0x80240025, "WU_E_USER_ACCESS_DISABLED", ClassConfig, "a group policy shuts off access to Windows Update", askPolicy},
		{0x8024002E, "WU_E_WU_DISABLED", ClassConfig, "a policy forbids servers that are not managed", askPolicy},
		{0x8024500C, "WU_E_REDIRECTOR_CONNECT_POLICY", ClassConfig, "a policy forbids to connect to Windows Update", askPolicy},
		{0x80240032, "WU_E_INVALID_CRITERIA", ClassConfig, "the search was not understood", "that is a fault of patchwave: report it"},
		{0x80244011, "WU_E_PT_WUSERVER_NOT_SET", ClassConfig, "no WSUS server is set on the host", askPolicy},
		{0x80070422, "ERROR_SERVICE_DISABLED", ClassConfig, "the service wuauserv is disabled", "set it to start on demand"},
		{0x80240037, "WU_E_NOT_SUPPORTED", ClassConfig, "the update agent of this host cannot do that", ""},
		{0x80248014, "WU_E_DS_UNKNOWNSERVICE", ClassConfig, "the host is not registered with that update service", askPolicy},
		{0x80240438, "WU_E_PT_ENDPOINT_UNREACHABLE", ClassRetry, "no update server can be reached", askNetwork},
	}
}

func networkTroubles() []Result {
	return []Result{
		{0x80072EE2, "ERROR_WINHTTP_TIMEOUT", ClassRetry, "the update server did not answer in time", askNetwork},
		{0x80072EE7, "ERROR_WINHTTP_NAME_NOT_RESOLVED", ClassRetry, "the update server's name was not found", askNetwork},
		{0x80072EFD, "ERROR_WINHTTP_CANNOT_CONNECT", ClassRetry, "there is no connection to the update server", askNetwork},
		{0x80072EFE, "ERROR_WINHTTP_CONNECTION_ERROR", ClassRetry, "the connection to the update server broke", askNetwork},
		{0x80072F8F, "ERROR_WINHTTP_SECURE_FAILURE", ClassRetry, "the update server's certificate was refused", "look at the host's clock and its TLS settings"},
		{0x8024402C, "WU_E_PT_WINHTTP_NAME_NOT_RESOLVED", ClassRetry, "the name of the update server or the proxy was not found", askNetwork},
		{0x8024401B, "WU_E_PT_HTTP_STATUS_PROXY_AUTH_REQ", ClassConfig, "the proxy wants a login (407)", askNetwork},
		{0x8024401C, "WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT", ClassRetry, "the update server gave up waiting (408)", askNetwork},
		{0x80244017, "WU_E_PT_HTTP_STATUS_DENIED", ClassConfig, "the update server wants a login (401)", askNetwork},
		{0x80244018, "WU_E_PT_HTTP_STATUS_FORBIDDEN", ClassConfig, "the update server refuses the host (403)", askNetwork},
		{0x80244019, "WU_E_PT_HTTP_STATUS_NOT_FOUND", ClassConfig, "the update server has no such address (404)", askNetwork},
		{0x80244022, "WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL", ClassRetry, "the update server is too busy (503)", "try again later"},
		{0x8024402F, "WU_E_PT_ECP_SUCCEEDED_WITH_ERRORS", ClassRetry, "parts of the catalogue could not be fetched", askNetwork},
		{0x80244010, "WU_E_PT_EXCEEDED_MAX_SERVER_TRIPS", ClassRetry, "the catalogue is too big for one search", "scan it again: the next search goes on where this one ended"},
		{0x8024200B, "WU_E_UH_INSTALLERFAILURE", ClassBroken, "the update's own installer failed", ""},
	}
}

func brokenHosts() []Result {
	return []Result{
		{0x80070070, "ERROR_DISK_FULL", ClassBroken, "the disk is full", "make room on the system drive"},
		{0x80070027, "ERROR_HANDLE_DISK_FULL", ClassBroken, "the disk is full", "make room on the system drive"},
		{0x80070002, "ERROR_FILE_NOT_FOUND", ClassBroken, "files of Windows Update are missing", askStore},
		{0x8007000D, "ERROR_INVALID_DATA", ClassBroken, "files of Windows Update are damaged", askStore},
		{0x80070643, "ERROR_INSTALL_FAILURE", ClassBroken, "the installer failed with a fatal error", "look into the event log of the host"},
		{0x80073701, "ERROR_SXS_ASSEMBLY_MISSING", ClassBroken, "the component store lacks a part", askStore},
		{0x80073712, "ERROR_SXS_COMPONENT_STORE_CORRUPT", ClassBroken, "the component store is damaged", askStore},
		{0x800F081F, "CBS_E_SOURCE_MISSING", ClassBroken, "files to repair from are missing", askStore},
		{0x800F0831, "CBS_E_STORE_CORRUPTION", ClassBroken, "the component store lacks an earlier package", askStore},
		{0x800F0922, "CBS_E_INSTALLERS_FAILED", ClassBroken, "servicing failed and was rolled back; the system or EFI partition may be too small", "look into CBS.log on the host"},
		{0x800F0823, "CBS_E_NEW_SERVICING_STACK_REQUIRED", ClassBroken, "a newer servicing stack is needed first", "install the latest servicing stack update"},
		{0x80248007, "WU_E_DS_NODATA", ClassBroken, "the update agent's own store lacks data", "scan it again; if that does not help, rename SoftwareDistribution on the host"},
		{0x80246008, "WU_E_DM_FAILTOCONNECTTOBITS", ClassBroken, "the background transfer service (BITS) cannot be used", "start the service BITS"},
		{0x80240034, "WU_E_DOWNLOAD_FAILED", ClassRetry, "it could not be downloaded", askNetwork},
		{0x80246007, "WU_E_DM_NOTDOWNLOADED", ClassRetry, "it is not downloaded", "try again"},
	}
}
