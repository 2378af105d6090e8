import './invite.css'
