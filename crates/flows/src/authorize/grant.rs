//! What a decided request gives: a code, and where the app registered so and the deployment offers it, tokens by way of
//! the browser (OpenID Connect Core §3.2, §3.3).

use super::{CODE_KIND, Step, Way};
use crate::access::{self, Subject};
use crate::ctx::{CODE_LIFETIME, FLOW_LIFETIME, TOKEN_LIFETIME};
use crate::gate;
use crate::id_token::{self, Beside};
use crate::pending::park;
use crate::protect;
use crate::subject;
use crate::token::{Holder, readmit, scopes_for, target};
use portvakt_model::audit::{Audit, AuditEvent};
use portvakt_model::proof::strength;
use portvakt_model::{Acr, App, Fault, Grant, GrantId, SignInFacts, Strength};
use portvakt_policy::{Admitted, Refused};
use portvakt_protocol::oauth::Why;
use portvakt_protocol::oauth::authorize::Request;
use portvakt_protocol::oauth::code::SealedCode;
use portvakt_protocol::oauth::logout;
use portvakt_protocol::oauth::respond::{FrontToken, Granted, Outcome};
use portvakt_protocol::oauth::scope;
use portvakt_store::{NewGrant, SessionView, Spend};
use std::sync::Arc;

/// What a request is granted for.
struct Decided<'a> {
    request: &'a Request,
    app: &'a App,
    view: &'a SessionView,
    facts: SignInFacts,
}

/// What became of the wish for an access token.
enum Fronted {
    /// It is there, and belongs to this grant.
    Token(FrontToken, GrantId),
    /// The person's session ended, or they are kept out, since the page was decided.
    Gone,
    /// The app may not have it.
    Refused(Why),
}

impl Way<'_> {
    /// Gives what the request's type names. For a code alone nothing is written (but for what is too big to travel): it
    /// holds all it stands for, and spending it makes the row. An access token has its row at once.
    pub(super) async fn grant(
        &self,
        request: &Request,
        app: &Arc<App>,
        view: &SessionView,
        admitted: &Admitted,
    ) -> Result<Step, Fault> {
        // The page may have been opened before the deployment stopped offering this, or the app registering it.
        let offered = self.ctx.settings.offers.response_types().any(|one| one == request.response);
        if !offered || !app.settings.response_types.contains(&request.response) {
            return Ok(self.answer(request, Arc::clone(app), &Outcome::Refused(Why::ResponseTypeUnknown)));
        }
        // Before anything is written: an answer that cannot be encrypted is no answer.
        let sealing = if request.response.has_id_token() { protect::id_tokens(self.ctx, app).await? } else { Ok(None) };
        let sealing = match sealing {
            Ok(sealing) => sealing,
            Err(why) => return Ok(self.answer(request, Arc::clone(app), &Outcome::Refused(why))),
        };
        let decided = Decided { request, app, view, facts: facts(request, view) };
        let (token, beside) = if request.response.has_token() {
            match self.front_token(&decided).await? {
                Fronted::Token(token, grant) => (Some(token), Some(grant)),
                Fronted::Gone => return self.gone(request, app).await,
                Fronted::Refused(why) => return Ok(self.answer(request, Arc::clone(app), &Outcome::Refused(why))),
            }
        } else {
            (None, None)
        };
        if token.is_none() && request.response.has_id_token() && !self.is_known(&decided).await? {
            return self.gone(request, app).await;
        }
        let code = if request.response.has_code() {
            let Some(code) = self.code(&decided, admitted, beside).await? else { return Ok(Step::Limited) };
            Some(code)
        } else {
            None
        };
        let id_token = if request.response.has_id_token() {
            let access_token = token.as_ref().map(|token| token.access_token.as_str());
            let jwt =
                self.id_token(&decided, &Beside { access_token, code: code.as_deref(), is_refresh: false }).await?;
            Some(match sealing {
                Some(sealing) => sealing.seal(self.ctx, &protect::Content::Jwt(jwt))?,
                None => jwt,
            })
        } else {
            None
        };
        let granted = Granted { code, token, id_token, session_state: self.session_state(request)? };
        Ok(self.answer(request, Arc::clone(app), &Outcome::Granted(granted)))
    }

    /// The session ended, or the person is kept out, since the page was decided.
    async fn gone(&self, request: &Request, app: &Arc<App>) -> Result<Step, Fault> {
        if request.prompt.none {
            return Ok(self.answer(request, Arc::clone(app), &Outcome::Refused(Why::LoginRequired)));
        }
        self.sign_in(&Err(Refused::SessionOver)).await
    }

    /// Keeps that the app knows the session, where an `id_token` alone tells it so and it wants to hear of the end: no
    /// grant says it then. `false` if the session is over.
    async fn is_known(&self, decided: &Decided<'_>) -> Result<bool, Fault> {
        let channels = &decided.app.settings.logout;
        let is_framed = channels.front.is_some() && self.ctx.settings.offers.frontchannel_logout;
        if channels.back.is_none() && !is_framed {
            return Ok(true);
        }
        let (session, app, now) = (decided.view.session.id, decided.app.id, self.now);
        self.ctx.store.write(move |tx| tx.sessions().knows(session, app, now)).await
    }

    /// What the app's pages can watch, where that is offered and the app has pages.
    fn session_state(&self, request: &Request) -> Result<Option<String>, Fault> {
        if !self.ctx.settings.offers.session_management {
            return Ok(None);
        }
        let Some((state, origin)) = self.browser.state.as_ref().zip(logout::origin(&request.redirect_uri)) else {
            return Ok(None);
        };
        let salt = self.ctx.dice.short_text()?;
        Ok(Some(logout::session_state(&request.client_id, &origin, &state.text(), &salt)))
    }

    /// `None` where this source has parked too many that are too big to travel.
    async fn code(
        &self,
        decided: &Decided<'_>,
        admitted: &Admitted,
        beside: Option<GrantId>,
    ) -> Result<Option<String>, Fault> {
        let Decided { request, view, facts, .. } = decided;
        let expires_at = self.now.after(CODE_LIFETIME);
        let code = SealedCode {
            id: self.ctx.grant_id(self.now)?,
            account: view.account.account.id,
            session: view.session.id,
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            redirect_sent: request.redirect_sent,
            challenge: request.challenge.clone(),
            scopes: request.scopes.clone(),
            apis: request.apis.clone(),
            tenant: None,
            facts: facts.clone(),
            stamp: admitted.stamp(),
            beside,
            expires_at,
        };
        // A spent code must still open for a while, so that its second use is known for what it is.
        let until = expires_at.after(FLOW_LIFETIME);
        park(self.ctx, self.browser, self.ctx.seal(CODE_KIND, &[], until, &code)?, until).await
    }

    /// An access token, with a grant of its own: no refresh token, and over with the session. The gate is asked again
    /// in the transaction that writes the row; signing comes after the commit.
    async fn front_token(&self, decided: &Decided<'_>) -> Result<Fronted, Fault> {
        let Decided { request, app, view, facts } = decided;
        let api = match target(self.ctx, &request.apis, None).await? {
            Ok(api) => api,
            Err(why) => return Ok(Fronted::Refused(why)),
        };
        let mut scopes = scopes_for(api.as_deref(), &request.scopes);
        // What the app may do while the person is away, it does with what the code gives.
        scopes.retain(|scope| scope != "offline_access");
        let lifetime = api.as_ref().map_or(TOKEN_LIFETIME, |api| api.settings.lifetime);
        let new = NewGrant {
            id: self.ctx.grant_id(self.now)?,
            session: view.session.id,
            app: app.id,
            tenant: None,
            scopes,
            apis: api.iter().map(|api| api.identifier.clone()).collect(),
            facts: facts.clone(),
            // Nobody proves a key on the way through a browser.
            sender_key: None,
            offline: false,
            refreshable: false,
            until: self.now.after(lifetime),
        };
        let Some(grant) = self.open(decided, new).await? else { return Ok(Fronted::Gone) };
        let sub = subject::of(self.ctx, app, &view.account.account)?;
        let subject = Subject { sub: &sub, grant: Some((&grant, facts)), sender: None };
        let (access_token, expires_in) =
            access::make(self.ctx, app, api.as_deref(), &subject, &grant.scopes, self.now).await?;
        Ok(Fronted::Token(FrontToken { access_token, expires_in, scope: scope::join(&grant.scopes) }, grant.id))
    }

    /// Keeps the grant; `None` if the person may not have it any more.
    async fn open(&self, decided: &Decided<'_>, new: NewGrant) -> Result<Option<Grant>, Fault> {
        let (audit, now) = (self.ctx.audit_id(self.now)?, self.now);
        let account = decided.view.account.account.clone();
        self.ctx
            .store
            .write(move |tx| {
                let holder = Holder { account: account.id, facts_version: account.facts_version };
                let Some((_, admitted)) = readmit(tx, new.session, new.app, holder, now)? else { return Ok(None) };
                match tx.grants().open(&admitted, &new, now)? {
                    Spend::Won(grant) => {
                        let line = Audit::new(AuditEvent::TokenIssued)
                            .account(account.id, account.home)
                            .app(grant.app)
                            .with("grant", grant.id.to_string())
                            .with("by", "browser");
                        tx.audit().write(audit, &line, now)?;
                        Ok(Some(*grant))
                    }
                    Spend::Replay => Err(Fault::broken("a grant's id was drawn twice")),
                    Spend::SessionGone => Ok(None),
                }
            })
            .await
    }

    async fn id_token(&self, decided: &Decided<'_>, beside: &Beside<'_>) -> Result<String, Fault> {
        let Decided { request, app, view, facts } = decided;
        // Whoever gets no access token can't ask userinfo: then what the scopes show stands here (Core §5.4).
        let is_alone = !request.response.has_code() && !request.response.has_token();
        let scopes = if is_alone { request.scopes.as_slice() } else { &[] };
        let about = id_token::About { app, account: &view.account, session: view.session.id, facts, scopes };
        id_token::make(self.ctx, &about, beside, self.now).await
    }
}

/// What tokens say about the sign-in.
fn facts(request: &Request, view: &SessionView) -> SignInFacts {
    let reached = strength(&view.session.proofs).unwrap_or(Strength::OneFactor);
    SignInFacts {
        auth_time: view.session.auth_time,
        acr: Acr::asserted(&request.acr_values, reached),
        amr: gate::amr(&view.session.proofs),
        nonce: request.nonce.clone(),
        claims: request.claims.clone(),
    }
}
