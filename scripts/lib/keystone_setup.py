"""Fills the directory of a private Keystone, and issues tokens of it with any life time.

usage: keystone_setup.py setup DIR                          database, keys, domains, projects, users, roles, secrets
       keystone_setup.py token DIR USER PROJECT SECONDS     prints a token that ends in SECONDS (negative: has ended)

Run by scripts/keystone with the system's Python, whose packages these are. What it makes:
  keystone.conf, keystone.db, fernet-keys/, credential-keys/, credential-key of the service in application-credential
  seed.json             {"password", "users", "projects", "application_credential"}: names to ids
  service-password      of user catalog, which may validate tokens
"""
import datetime
import json
import logging
import os
import secrets
import sys
import uuid

SAMPLE_PROJECT = "0605767b5780d5762fc5c0118072a564"
# name, id (none: any), domain
PROJECTS = [
    ("sample", SAMPLE_PROJECT, "Default"),
    ("sample-2", "5f1c0e8f3b0d4d6f9a2b7c1e4d8a9b03", "Default"),
    ("sample-3", "9b2d6c4a8e7f4b1c8d3e5f6a7b8c9d0e", "Default"),
    ("service", None, "Default"),
    ("foreign", None, "acme"),
]
# name, domain, role, project, its domain
USERS = [
    ("catalog", "Default", "service", "service"),
    ("stranger", "Default", "member", "service"),  # a service user whom nobody permitted to validate tokens
    ("alice", "Default", "reader", "sample"),
    ("root", "Default", "admin", "sample"),
    ("mia", "Default", "member", "sample"),
    ("otto", "Default", "auditor", "sample"),
    ("bob", "Default", "reader", "sample-2"),
    ("carol", "Default", "reader", "sample-3"),
    ("dora", "acme", "reader", "foreign"),
]

CONFIGURATION = """# Written by scripts/keystone.
[DEFAULT]
log_file = {directory}/keystone.log
[database]
connection = sqlite:///{directory}/keystone.db
[token]
provider = fernet
expiration = 86400
[fernet_tokens]
key_repository = {directory}/fernet-keys
[fernet_receipts]
key_repository = {directory}/fernet-keys
[credential]
key_repository = {directory}/credential-keys
[security_compliance]
lockout_failure_attempts = 50
"""


def write_private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)


def configure(directory):
    import keystone.conf
    from keystone.common import sql
    from keystone.server import backends

    keystone.conf.configure()
    sql.initialize()
    keystone.conf.CONF(args=[], project="keystone", default_config_files=[os.path.join(directory, "keystone.conf")])
    logging.basicConfig(filename=os.path.join(directory, "setup.log"), level=logging.WARNING)
    return keystone.conf.CONF, backends


def make_keys(conf):
    from keystone.common import fernet_utils

    for repository, name in ((conf.fernet_tokens.key_repository, "fernet_tokens"),
                             (conf.credential.key_repository, "credential")):
        utils = fernet_utils.FernetUtils(repository, 3, name)
        utils.create_key_directory()
        utils.initialize_key_repository()


def setup(directory):
    write_private(os.path.join(directory, "keystone.conf"), CONFIGURATION.format(directory=directory))
    conf, backends = configure(directory)
    make_keys(conf)
    from keystone.common import provider_api
    from keystone.common.sql import upgrades
    import sqlite3

    upgrades.offline_sync_database_to_version()
    # Readers and the one writer of a server then don't wait for each other.
    sqlite3.connect(os.path.join(directory, "keystone.db")).execute("PRAGMA journal_mode = WAL")

    from keystone.cmd import bootstrap

    password = secrets.token_urlsafe(18)
    first = bootstrap.Bootstrapper()
    first.admin_username, first.admin_password = "admin", password
    first.project_name, first.admin_role_name = "admin", "admin"
    first.bootstrap()

    providers = provider_api.ProviderAPIs
    domains = {"Default": first.default_domain_id, "acme": uuid.uuid4().hex}
    providers.resource_api.create_domain(
        domains["acme"], {"id": domains["acme"], "name": "acme", "enabled": True, "description": ""})
    roles = {"reader": first.reader_role_id, "member": first.member_role_id, "admin": first.admin_role_id}
    for name in ("service", "auditor"):
        roles[name] = uuid.uuid4().hex
        providers.role_api.create_role(roles[name], {"id": roles[name], "name": name, "options": {}})
    projects = {}
    for name, identifier, domain in PROJECTS:
        projects[name] = identifier or uuid.uuid4().hex
        providers.resource_api.create_project(projects[name], {
            "id": projects[name], "name": name, "domain_id": domains[domain], "parent_id": domains[domain],
            "enabled": True, "is_domain": False, "description": "", "tags": [], "options": {}})
    users = {}
    for name, domain, role, project in USERS:
        users[name] = providers.identity_api.create_user(
            {"name": name, "domain_id": domains[domain], "enabled": True, "password": password, "options": {}})["id"]
        providers.assignment_api.add_role_to_user_and_project(users[name], projects[project], roles[role])
    providers.assignment_api.add_role_to_user_and_project(users["alice"], projects["sample-2"], roles["auditor"])
    # For logins of the service that are scoped to a domain and to the system.
    providers.assignment_api.create_grant(roles["service"], user_id=users["catalog"], domain_id=domains["acme"])
    providers.assignment_api.create_system_grant_for_user(users["catalog"], roles["reader"])

    secret = secrets.token_urlsafe(24)
    credential = providers.application_credential_api.create_application_credential({
        "id": uuid.uuid4().hex, "name": "catalog", "secret": secret, "user_id": users["catalog"],
        "project_id": projects["service"], "roles": [{"id": roles["service"]}], "unrestricted": False,
        "description": "", "expires_at": None})
    write_private(os.path.join(directory, "service-password"), password + "\n")
    write_private(os.path.join(directory, "application-credential-secret"), secret + "\n")
    write_private(os.path.join(directory, "seed.json"), json.dumps({
        "password": password, "users": users, "projects": projects, "domains": domains,
        "application_credential": credential["id"]}, indent=1) + "\n")


def issue_token(directory, user, project, seconds):
    _, backends = configure(directory)
    backends.load_backends()
    from keystone.common import provider_api

    with open(os.path.join(directory, "seed.json"), encoding="utf-8") as known:
        seed = json.load(known)
    ends = datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)
    token = provider_api.ProviderAPIs.token_provider_api.issue_token(
        seed["users"][user], ["password"], expires_at=ends.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        project_id=seed["projects"][project])
    print(token.id)


if __name__ == "__main__":
    if sys.argv[1] == "setup":
        setup(sys.argv[2])
    else:
        issue_token(sys.argv[2], sys.argv[3], sys.argv[4], float(sys.argv[5]))
